--[[
  Remembers a command by its trace id. One that is known keeps the trace id that it was first asked with; one that is new, or done again
  after it was forgotten, loses the outcomes of an earlier time.

  Input:  KEYS[1] the trace key, KEYS[2] the outcomes key; ARGV[1] the trace id, ARGV[2] how long it is remembered, seconds
  Output: the trace id that the command was first asked with
]]
local known = redis.call('GET', KEYS[1])
if known then return known end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
redis.call('DEL', KEYS[2])
return ARGV[1]
