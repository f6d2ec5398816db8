--[[
  Appends entries to their conversations' inboxes, all in one step. An entry whose idempotency key is known is not
  appended again. An inbox that was empty enters the pending set, scored with the time its entry was received.
  The entry comes first and its idempotency key last: a script that fails half-way is not rolled back, and a key without
  its entry would turn the sender's repetition into a duplicate of nothing.

  The entries of one call are appended all or none: when one of them has a known key with other content, none is. They follow each
  other and have the same call number. A key of an older release holds no content, and then any content is a duplicate.

  Input:
    KEYS[1]      the pending sorted set
    KEYS[2i]     the inbox (list) of entry i
    KEYS[2i+1]   the idempotency key of entry i

    ARGV[6i-5]   the number of the call of entry i
    ARGV[6i-4]   conversation id of entry i
    ARGV[6i-3]   when entry i was received, epoch milliseconds
    ARGV[6i-2]   how long the idempotency key is remembered, seconds
    ARGV[6i-1]   a digest of the content of entry i
    ARGV[6i]     entry i as stored

  Output: one number for each entry
    0  duplicate, and its inbox is empty
    1  duplicate, and its inbox is not empty: the job may be missing
    2  accepted behind others
    3  accepted into an empty inbox: there may be no job
    4  its key is known with other content: nothing of its call was appended
    5  not appended, because of another entry of its call
]]
local results = {}
local count = #ARGV / 6

local function append(i)
  local inbox, seen = KEYS[2 * i], KEYS[2 * i + 1]
  if redis.call('EXISTS', seen) == 1 then return redis.call('EXISTS', inbox) end
  local result = 2
  if redis.call('RPUSH', inbox, ARGV[6 * i]) == 1 then
    redis.call('ZADD', KEYS[1], ARGV[6 * i - 3], ARGV[6 * i - 4])
    result = 3
  end
  redis.call('SET', seen, ARGV[6 * i - 1], 'EX', ARGV[6 * i - 2])
  return result
end

-- Marks the entries whose key is known with other content, in Redis or earlier in the same call.
local function markReused(first, last)
  local reused, contents = false, {}
  for i = first, last do
    local seen, content = KEYS[2 * i + 1], ARGV[6 * i - 1]
    local known = contents[seen] or redis.call('GET', seen) or ''
    contents[seen] = content
    results[i] = 5
    if known ~= '' and known ~= content then
      results[i] = 4
      reused = true
    end
  end
  return reused
end

local first = 1
while first <= count do
  local last = first
  while last < count and ARGV[6 * last + 1] == ARGV[6 * first - 5] do last = last + 1 end
  if not markReused(first, last) then
    for i = first, last do results[i] = append(i) end
  end
  first = last + 1
end
return results
