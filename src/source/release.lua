--[[
  Gives the lease back, if it is still this holder's.

  Input:
    KEYS[1]  the lease
    ARGV[1]  the holder's name

  Output: 1 when it was given back, else 0
]]
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
