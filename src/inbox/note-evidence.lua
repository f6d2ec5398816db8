--[[
  Keeps what an event showed of a conversation, when and only when a write in the conversation awaits proof.

  Input:
    KEYS[1]  the sorted set of conversations that await proof
    KEYS[2]  the evidence of the conversation (list)
    ARGV[1]  conversation id
    ARGV[2]  the evidence
    ARGV[3]  how many are kept
    ARGV[4]  for how long, seconds

  Output
    0  nothing awaits proof, and nothing was kept
    1  kept; a worker has the conversation
    2  kept; there is no job
]]
local score = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]))
if not score then return 0 end
redis.call('LPUSH', KEYS[2], ARGV[2])
redis.call('LTRIM', KEYS[2], 0, ARGV[3] - 1)
redis.call('EXPIRE', KEYS[2], ARGV[4])
if score < 9e15 then return 2 end
return 1
