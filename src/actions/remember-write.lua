--[[
  Puts a record before the others of a conversation, and keeps only the newest ones. From now on events about the conversation are
  kept as evidence; the settlement of the batch reports whether they are still needed (settle.lua).

  Input: KEYS[1] the conversation's list, KEYS[2] the sorted set of conversations that await proof; ARGV[1] the record,
         ARGV[2] how many are kept, ARGV[3] how long, seconds, ARGV[4] conversation id
]]
redis.call('LPUSH', KEYS[1], ARGV[1])
redis.call('LTRIM', KEYS[1], 0, ARGV[2] - 1)
redis.call('EXPIRE', KEYS[1], ARGV[3])
redis.call('ZADD', KEYS[2], 9e15, ARGV[4])
