--[[
  Input:  KEYS[1] the conversation's trace; ARGV[1] the trace to keep if there is none, ARGV[2] how long, seconds
  Output: the trace that is kept
  `SET ... NX GET` would be one command, but needs Redis 7, which older distributions do not have.
]]
local first = redis.call('GET', KEYS[1])
if first then return first end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
return ARGV[1]
