--[[
  Input:  KEYS[1] the step's key; ARGV[1] the text expected there, '' for none; ARGV[2] the text to store, '' to delete; ARGV[3] seconds
  Output: 1 swapped, 0 something else is there
]]
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
if ARGV[2] == '' then redis.call('DEL', KEYS[1]) else redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3]) end
return 1
