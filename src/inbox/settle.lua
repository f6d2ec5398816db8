--[[
  Removes and replaces entries near the head of an inbox, if each of them is still there byte for byte.
  The fence: a worker that lost its lock names entries that another one has removed or replaced meanwhile; then nothing
  is changed. Entries never move away from the head, so what was read within the first SPAN is still within it.
  The order of entries is kept. Afterwards the pending set holds the conversation while its inbox is not empty, scored
  with the time its oldest entry was received.
  A settlement that was done, but whose answer was lost, is asked for again by the client: its token tells it from another one.

  Input:
    KEYS[1]  the inbox (list)
    KEYS[2]  the pending sorted set
    KEYS[3]  the token of the last settlement of this inbox

    ARGV[1]  conversation id
    ARGV[2]  now, epoch milliseconds: the score where an entry does not say when it was received
    ARGV[3]  SPAN, the most that a reader reads
    ARGV[4]  a token of this settlement
    ARGV[5]  how many entries are removed, r
    ARGV[6 .. 5+r]  the removed entries, in their order in the inbox
    then pairs: a replaced entry (in their order in the inbox) and what is written in its place

  Output: { 1 settled | 0 not settled, how many entries remain }
]]
local inbox, pending = KEYS[1], KEYS[2]
local conversationId, now, span, token, removals = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4], tonumber(ARGV[5])
local nextRemoved, endRemoved = 6, 5 + removals
local nextReplaced = endRemoved + 1
local named = removals + (#ARGV - endRemoved) / 2

-- Walks one stretch of the inbox until every named entry was met; adds what stays to `kept`.
local kept, met, walked = {}, 0, 0
local function walk(entries)
  for _, entry in ipairs(entries) do
    if met == named then return end
    walked = walked + 1
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

if named > 0 then
  if redis.call('GET', KEYS[3]) == token then return { 1, redis.call('LLEN', inbox) } end
  walk(redis.call('LRANGE', inbox, 0, named - 1))
  if met < named then walk(redis.call('LRANGE', inbox, named, span - 1)) end
  if met < named then return { 0, redis.call('LLEN', inbox) } end
  redis.call('LTRIM', inbox, walked, -1)
  for i = #kept, 1, -1 do redis.call('LPUSH', inbox, kept[i]) end
  redis.call('SET', KEYS[3], token, 'EX', 60)
end

local remaining = redis.call('LLEN', inbox)
if remaining == 0 then
  redis.call('ZREM', pending, conversationId)
else
  local receivedAt = string.match(redis.call('LINDEX', inbox, 0), '^{"version":%d+,"receivedAt":(%d+),')
  redis.call('ZADD', pending, receivedAt or now, conversationId)
end
return { 1, remaining }
