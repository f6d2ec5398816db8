--[[
  Removes and replaces entries near the head of an inbox, if each of them is still there byte for byte.
  The fence: a worker that lost its lock names entries that another worker has removed or replaced meanwhile. Then nothing is
  changed. Entries never move away from the head, so an entry that was read within the first SPAN is still within it.
  The order of entries is kept. Afterwards the pending set holds the conversation while its inbox is not empty, scored
  with the time its oldest entry was received.
  A client repeats a settlement whose reply was lost. The token shows that it is the same settlement.

  A script that fails half-way is not rolled back, so nothing is removed before everything that is kept is in its place:
  kept entries are written towards the tail first, from the last to the first, and one LTRIM then removes what is left
  before them. The inbox is not touched after that, because a key that has become empty is gone, and while its slot
  moves to another node of a cluster a missing key belongs to that node. What follows the LTRIM may fail.

  Input:
    KEYS[1]  the inbox (list)
    KEYS[2]  the pending sorted set
    KEYS[3]  the token of the last settlement of this inbox
    KEYS[4]  the sorted set of conversations that await proof
    KEYS[5]  evidence that came for this conversation (list)

    ARGV[1]  conversation id
    ARGV[2]  now, epoch milliseconds: the score if an entry has no time of receipt
    ARGV[3]  SPAN, the most that a reader reads
    ARGV[4]  a token of this settlement
    ARGV[5]  '' when the worker goes on with the conversation, 0 when nothing in it awaits proof, else until when (epoch milliseconds)
    ARGV[6]  how many entries are removed, r
    ARGV[7 .. 6+r]  the removed entries, in their order in the inbox
    then pairs: a replaced entry (in their order in the inbox) and what is written in its place

  Output: { 1 settled | 0 not settled, how many entries remain, how much evidence came }
]]
local inbox, pending = KEYS[1], KEYS[2]
local conversationId, now, span, token = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
local awaits, removals = ARGV[5], tonumber(ARGV[6])
local nextRemoved, endRemoved = 7, 6 + removals
local nextReplaced = endRemoved + 1
local named = removals + (#ARGV - endRemoved) / 2

-- Walks one stretch of the inbox until every named entry was met; adds what is there to `found` and what stays to `kept`.
local found, kept, met = {}, {}, 0
local function walk(entries)
  for _, entry in ipairs(entries) do
    if met == named then return end
    found[#found + 1] = entry
    if nextRemoved <= endRemoved and entry == ARGV[nextRemoved] then
      nextRemoved = nextRemoved + 1
      met = met + 1
    elseif nextReplaced < #ARGV and entry == ARGV[nextReplaced] then
      kept[#kept + 1] = ARGV[nextReplaced + 1]
      nextReplaced = nextReplaced + 2
      met = met + 1
    else
      kept[#kept + 1] = entry
    end
  end
end

local length = redis.call('LLEN', inbox)
if named > 0 then
  if redis.call('GET', KEYS[3]) == token then return { 1, length, redis.call('LLEN', KEYS[5]) } end
  walk(redis.call('LRANGE', inbox, 0, named - 1))
  if met < named then walk(redis.call('LRANGE', inbox, named, span - 1)) end
  if met < named then return { 0, length, 0 } end
end

local removed = #found - #kept
local remaining = length - removed
for i = #kept, 1, -1 do
  local position = removed + i
  if found[position] ~= kept[i] then redis.call('LSET', inbox, position - 1, kept[i]) end
end
if remaining > 0 then
  local oldest = kept[1] or redis.call('LINDEX', inbox, removed)
  local receivedAt = string.match(oldest, '^2 (%d+) ') or string.match(oldest, '^{"version":%d+,"receivedAt":(%d+),')
  redis.call('ZADD', pending, receivedAt or now, conversationId)
end
-- Counted before anything is removed, because the key may be gone afterwards.
local evidence = awaits == '0' and 0 or redis.call('LLEN', KEYS[5])
if removed > 0 then redis.call('LTRIM', inbox, removed, -1) end
if named > 0 then redis.pcall('SET', KEYS[3], token, 'EX', 60) end
if remaining == 0 then redis.pcall('ZREM', pending, conversationId) end
if awaits == '0' then
  redis.pcall('ZREM', KEYS[4], conversationId)
  redis.pcall('DEL', KEYS[5])
elseif awaits ~= '' then
  redis.pcall('ZADD', KEYS[4], awaits, conversationId)
end
return { 1, remaining, evidence }
