--[[
  Remembers a command by its trace id. A known command keeps the trace id of its first request. A new command, or one that is
  repeated after it was forgotten, loses the outcomes of an earlier time.

  Input:  KEYS[1] the trace key, KEYS[2] the outcomes key; ARGV[1] the trace id, ARGV[2] how long it is remembered, seconds
  Output: the trace id of the command's first request
]]
local known = redis.call('GET', KEYS[1])
if known then return known end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
redis.call('DEL', KEYS[2])
return ARGV[1]
