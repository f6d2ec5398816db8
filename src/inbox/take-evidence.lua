--[[
  Removes and returns what events showed of a conversation.

  Input: KEYS[1] the evidence (list)
  Output: its elements, newest first
]]
local evidence = redis.call('LRANGE', KEYS[1], 0, -1)
redis.call('DEL', KEYS[1])
return evidence
