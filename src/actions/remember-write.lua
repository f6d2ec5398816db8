--[[
  Puts a record before the others of a conversation, and keeps only the newest ones.

  Input: KEYS[1] the conversation's list; ARGV[1] the record, ARGV[2] how many are kept, ARGV[3] how long, seconds
]]
redis.call('LPUSH', KEYS[1], ARGV[1])
redis.call('LTRIM', KEYS[1], 0, ARGV[2] - 1)
redis.call('EXPIRE', KEYS[1], ARGV[3])
