--[[
  Takes or extends the lease of the one process that keeps notification channels open. A new holder gets the next number, and with it
  a new fence: what earlier holders still write is refused. A holder whose lease ended, and after whom nobody else came, keeps its
  fence.

  Input:
    KEYS[1]  the lease: a string with the holder's name
    KEYS[2]  the fence: the number and the name of the last holder, with a space between

    ARGV[1]  the holder's name
    ARGV[2]  how long the lease lasts, milliseconds

  Output: the fence; an empty string when somebody else holds the lease
]]
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return '' end
local fence = redis.call('GET', KEYS[2]) or '0'
local number, last = string.match(fence, '^(%d+) ?(.*)$')
if last ~= ARGV[1] then
  fence = string.format('%d %s', (number or 0) + 1, ARGV[1])
  redis.call('SET', KEYS[2], fence)
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return fence
