--[[
  Takes or extends the lease of the one process that keeps notification channels open. Whoever takes it anew gets the next number of
  a counter (the fence), which distinguishes two holders.

  Input:
    KEYS[1]  the lease: a string with the holder's name
    KEYS[2]  the counter of holders

    ARGV[1]  the holder's name
    ARGV[2]  how long the lease lasts, milliseconds

  Output: the holder's number; 0 when somebody else holds the lease
]]
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
if holder then return tonumber(redis.call('GET', KEYS[2]) or '1') end
return redis.call('INCR', KEYS[2])
