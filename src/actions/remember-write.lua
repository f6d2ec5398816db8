--[[
  Puts a record before the others of a conversation, and keeps only the newest ones. If the write may await proof, events about the
  conversation are kept as evidence from now on; the settlement of the batch reports whether they are still needed (settle.lua).

  Input: KEYS[1] the conversation's list, KEYS[2] the sorted set of conversations that await proof; ARGV[1] the record,
         ARGV[2] how many are kept, ARGV[3] how long, seconds, ARGV[4] conversation id, or '' if the write will not await proof
]]
if redis.call('LPUSH', KEYS[1], ARGV[1]) > tonumber(ARGV[2]) then redis.call('LTRIM', KEYS[1], 0, ARGV[2] - 1) end
redis.call('EXPIRE', KEYS[1], ARGV[3])
if ARGV[4] ~= '' then redis.call('ZADD', KEYS[2], 9e15, ARGV[4]) end
