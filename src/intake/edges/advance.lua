--[[
  Replaces the remembered state of a conversation's last snapshot, and appends the edges that follow from it to the conversation's
  inbox, in one step: an edge is never stored without the state, and the state never without its edges. When another process was
  faster, nothing is done, and the edges have to be derived again.

  Input:
    KEYS[1]  what is remembered
    KEYS[2]  the pending sorted set
    KEYS[3]  the inbox (list)
    KEYS[4]  the sorted set of conversations that await proof

    ARGV[1]  what was remembered when the edges were derived; empty for nothing
    ARGV[2]  what is to be remembered
    ARGV[3]  for how long, seconds
    ARGV[4]  conversation id
    ARGV[5]  when the snapshot was received, epoch milliseconds
    ARGV[6...]  the entries of the edges as stored

  Output
    -1  what is remembered is something else by now
     0  nothing was appended, or it was appended behind others
     1  appended to an empty inbox, or behind entries that only wait for proof: there may be no job
]]
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return -1 end
local wasEmpty = 0
for i = 6, #ARGV do
  if redis.call('RPUSH', KEYS[3], ARGV[i]) == 1 then
    redis.call('ZADD', KEYS[2], ARGV[5], ARGV[4])
    wasEmpty = 1
  elseif (tonumber(redis.call('ZSCORE', KEYS[4], ARGV[4])) or 9e15) < 9e15 then
    wasEmpty = 1
  end
end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
return wasEmpty
