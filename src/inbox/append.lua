--[[
  Appends entries to their conversations' inboxes, all in one step. An entry whose idempotency key is known is not
  appended again. An inbox that was empty enters the pending set, scored with the time its entry was received.
  The entry comes first and its idempotency key last: a script that fails half-way is not rolled back, and a key without
  its entry would turn the sender's repetition into a duplicate of nothing.

  Input:
    KEYS[1]      the pending sorted set
    KEYS[2i]     the inbox (list) of entry i
    KEYS[2i+1]   the idempotency key of entry i

    ARGV[4i-3]   conversation id of entry i
    ARGV[4i-2]   when entry i was received, epoch milliseconds
    ARGV[4i-1]   how long the idempotency key is remembered, seconds
    ARGV[4i]     entry i as stored

  Output: one number for each entry
    0  duplicate, and its inbox is empty
    1  duplicate, and its inbox is not empty: the job may be missing
    2  accepted behind others
    3  accepted into an empty inbox: there may be no job
]]
local results = {}
for i = 1, #ARGV / 4 do
  local inbox, seen = KEYS[2 * i], KEYS[2 * i + 1]
  if redis.call('EXISTS', seen) == 1 then
    results[i] = redis.call('EXISTS', inbox)
  else
    results[i] = 2
    if redis.call('RPUSH', inbox, ARGV[4 * i]) == 1 then
      redis.call('ZADD', KEYS[1], ARGV[4 * i - 2], ARGV[4 * i - 3])
      results[i] = 3
    end
    redis.call('SET', seen, '', 'EX', ARGV[4 * i - 1])
  end
end
return results
