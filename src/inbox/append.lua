--[[
  Appends entries to their conversations' inboxes, all in one step. An entry whose idempotency key is known is not
  appended again. An inbox that was empty enters the pending set, scored with the time its entry was received.
  The entry comes first and its idempotency key last: a script that fails half-way is not rolled back, and a key without
  its entry would turn the sender's repetition into a duplicate of nothing.

  The entries of one call are appended all or none: when one of them has a known key with other content, none is. They follow each
  other. A key that a replay uses holds no content, and then any content is a duplicate.

  Input:
    KEYS[1]      the pending sorted set
    KEYS[2i]     the inbox (list) of entry i; it ends with the conversation id
    KEYS[2i+1]   the idempotency key of entry i
    KEYS[2n+2]   the sorted set of conversations that await proof; n is the number of entries

    ARGV[1]      how long the idempotency keys are remembered, seconds
    ARGV[2]      where the conversation id begins in the key of an inbox
    ARGV[3]      how many entries each call has, separated by spaces
    ARGV[3i+1]   when entry i was received, epoch milliseconds
    ARGV[3i+2]   a digest of the content of entry i
    ARGV[3i+3]   entry i as stored

  Output: one number for each entry
    0  duplicate, and its inbox is empty
    1  duplicate, and its inbox is not empty: the job may be missing
    2  accepted behind others
    3  accepted into an empty inbox, or behind entries that only wait for proof: there may be no job
    4  its key is known with other content: nothing of its call was appended
    5  not appended, because of another entry of its call
]]
-- The score of a conversation that a worker has; compare settle.lua.
local AT_WORK = 9000000000000000
local results, known = {}, {}
local count = 0
for size in string.gmatch(ARGV[3], '%d+') do count = count + size end
local awaiting = KEYS[2 * count + 2]

local function append(i)
  local inbox = KEYS[2 * i]
  if known[i] then return redis.call('EXISTS', inbox) end
  local result = 2
  local conversationId = string.sub(inbox, ARGV[2])
  if redis.call('RPUSH', inbox, ARGV[3 * i + 3]) == 1 then
    redis.call('ZADD', KEYS[1], ARGV[3 * i + 1], conversationId)
    result = 3
  elseif (tonumber(redis.call('ZSCORE', awaiting, conversationId)) or AT_WORK) < AT_WORK then
    result = 3
  end
  redis.call('SET', KEYS[2 * i + 1], ARGV[3 * i + 2], 'EX', ARGV[1])
  return result
end

-- Finds the known keys, in Redis or earlier in the same call, and marks the entries whose key is known with other content.
local function markReused(first, last)
  local reused, contents = false, {}
  for i = first, last do
    local seen, content = KEYS[2 * i + 1], ARGV[3 * i + 2]
    known[i] = contents[seen] or redis.call('GET', seen)
    contents[seen] = content
    results[i] = 5
    if known[i] and known[i] ~= '' and known[i] ~= content then
      results[i] = 4
      reused = true
    end
  end
  return reused
end

local first = 1
for size in string.gmatch(ARGV[3], '%d+') do
  local last = first + size - 1
  if not markReused(first, last) then
    for i = first, last do results[i] = append(i) end
  end
  first = last + 1
end
return results
