--[[
  Runs each command that hookpatch and BullMQ send, on keys that are gone afterwards, and reports those that this user may not run.

  Input:  KEYS[1 .. 6] a key for a string, list, hash, set, sorted set and stream
  Output: the names of the commands that were refused
]]
local text, list, hash, set, sorted, stream = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local commands = {
  { 'SET', text, '1' }, { 'GET', text }, { 'MGET', text }, { 'GETEX', text, 'EX', 60 }, { 'EXISTS', text }, { 'INCR', text },
  { 'INCRBY', text, 1 }, { 'PEXPIRE', text, 60000 }, { 'PTTL', text }, { 'TTL', text }, { 'EXPIRE', text, 60 }, { 'PERSIST', text },
  { 'TYPE', text }, { 'TIME' },
  { 'RPUSH', list, 'a', 'b' }, { 'LPUSH', list, 'c' }, { 'LLEN', list }, { 'LRANGE', list, 0, -1 }, { 'LINDEX', list, 0 },
  { 'LSET', list, 0, 'd' }, { 'LPOS', list, 'd' }, { 'LREM', list, 1, 'd' }, { 'LTRIM', list, 0, 5 }, { 'RPOPLPUSH', list, list },
  { 'LPOP', list }, { 'RPOP', list },
  { 'HSET', hash, 'a', '1' }, { 'HMSET', hash, 'b', '1' }, { 'HGET', hash, 'a' }, { 'HMGET', hash, 'a' }, { 'HGETALL', hash },
  { 'HEXISTS', hash, 'a' }, { 'HLEN', hash }, { 'HINCRBY', hash, 'a', 1 }, { 'HDEL', hash, 'a' },
  { 'SADD', set, 'a', 'b' }, { 'SREM', set, 'a' }, { 'SCARD', set }, { 'SMEMBERS', set }, { 'SISMEMBER', set, 'b' },
  { 'ZADD', sorted, 1, 'a', 2, 'b' }, { 'ZCARD', sorted }, { 'ZCOUNT', sorted, 0, 1 }, { 'ZSCORE', sorted, 'a' },
  { 'ZRANGE', sorted, 0, -1 }, { 'ZRANGEBYSCORE', sorted, 0, 1 }, { 'ZREVRANGE', sorted, 0, -1 },
  { 'ZREVRANGEBYSCORE', sorted, 1, 0 }, { 'ZREM', sorted, 'c' }, { 'ZREMRANGEBYRANK', sorted, 5, 6 },
  { 'ZREMRANGEBYSCORE', sorted, 5, 6 }, { 'ZPOPMIN', sorted }, { 'BZPOPMIN', sorted, 1 },
  { 'XADD', stream, '*', 'a', '1' }, { 'XTRIM', stream, 'MAXLEN', 0 }, { 'XLEN', stream },
  { 'UNLINK', text }, { 'DEL', text, list, hash, set, sorted, stream },
}
local refused = {}
for _, command in ipairs(commands) do
  local reply = redis.pcall(unpack(command))
  local reason = type(reply) == 'table' and reply.err or ''
  -- Redis 6 words it as "can't run this command", Redis 7 as NOPERM.
  if string.find(reason, 'NOPERM', 1, true) or string.find(reason, "can't run this command", 1, true) then
    refused[#refused + 1] = string.lower(command[1])
  end
end
return refused
