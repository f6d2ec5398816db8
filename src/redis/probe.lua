--[[
  Writes as a delivery does: refused where one would be (no memory, a full disk, a replica, another node's slot).

  Input:  KEYS[1] the key of the probe; ARGV[1] how long it is kept, seconds
  Output: 1
]]
redis.call('SET', KEYS[1], '1', 'EX', ARGV[1])
return 1
