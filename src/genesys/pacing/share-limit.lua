--[[
  A limit that all processes share: leases permits of it, or takes note of a 429.

  The permits follow the generic cell rate algorithm: `tat` is the time at which the bucket would be full again. With a
  burst of b and a rate of N a minute, permits come at r = (N - b + 1) / 62 a second: at most b + 62 r < N + 1 in any 61 s,
  and 61 s are the minute and the second for which a lease is valid (compare rate-budget.ts).

  The rate is halved when Genesys refuses a request (once for all requests that were sent before that), and raised by a
  twentieth of the ceiling for each 2 s without a refusal.

  KEYS[1]  hash: tat, rate, ceiling, paused (until), halved (at), changed (at); all times in epoch milliseconds
  KEYS[2]  sorted set: processes that share limits, by when they last asked
  ARGV[1]  now, or '' for the clock of Redis
  ARGV[2]  name of the process
  ARGV[3]  ceiling: requests a minute
  ARGV[4]  1 when the ceiling is a guess
  ARGV[5]  'lease':  ARGV[6] permits wanted
           'refuse': ARGV[6] milliseconds of Retry-After, ARGV[7] how many milliseconds ago the request was sent,
                     ARGV[8] 1 to halve the rate
  Output   { permits, milliseconds until more, rate (0: forgotten), milliseconds of the pause, processes }
]]
local WINDOW_MS = 2000
local STEP = 0.05
local FLOOR = 0.05
local FORGOTTEN_AT = 4
local MEMBER_MS = 60000
local KEPT_MS = 86400000

local now = tonumber(ARGV[1])
if now == nil then
  local time = redis.call('TIME')
  now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end
local ceiling = tonumber(ARGV[3])
local guessed = ARGV[4] == '1'

redis.call('ZADD', KEYS[2], now, ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - MEMBER_MS)
redis.call('PEXPIRE', KEYS[2], KEPT_MS)
local members = redis.call('ZCARD', KEYS[2])

local stored = redis.call('HMGET', KEYS[1], 'tat', 'rate', 'ceiling', 'paused', 'halved', 'changed')
local tat = tonumber(stored[1]) or 0
local rate = tonumber(stored[2]) or ceiling
local known = tonumber(stored[3]) or ceiling
local paused = tonumber(stored[4]) or 0
local halved = tonumber(stored[5]) or 0
local changed = tonumber(stored[6]) or now

-- A stored ceiling takes precedence over a guess; a configured or found ceiling replaces the stored one.
if guessed then ceiling = known elseif known ~= ceiling then rate = math.min(rate / known, 1) * ceiling end

if now - changed >= WINDOW_MS then
  local windows = math.floor((now - changed) / WINDOW_MS)
  changed = changed + windows * WINDOW_MS
  rate = rate + windows * STEP * ceiling
  if not guessed then rate = math.min(rate, ceiling) end
end
if guessed and ARGV[5] == 'lease' and rate >= FORGOTTEN_AT * ceiling then
  redis.call('DEL', KEYS[1])
  return { 0, 0, 0, 0, members }
end

if ARGV[5] == 'refuse' and ARGV[8] == '1' and now - tonumber(ARGV[7]) >= halved then
  rate = math.max(1, FLOOR * ceiling, rate / 2)
  halved = now
end

local half_second = math.max(1, math.min(10, math.floor(rate / 120)))
local burst = math.max(half_second, math.floor(rate / 40))
local interval = 62000 / (rate - burst + 1)
local permits = 0
local wait = 0

if ARGV[5] == 'refuse' then
  paused = math.max(paused, now + tonumber(ARGV[6]))
  changed = math.max(changed, paused)
  -- It restarts without a burst after the pause.
  tat = math.max(tat, paused + (burst - 1) * interval)
elseif now >= paused then
  local wanted = math.min(half_second, tonumber(ARGV[6]))
  local from = math.max(tat, now)
  local available = math.floor((now + burst * interval - from) / interval + 0.01)
  if available >= wanted then
    permits = wanted
    tat = from + permits * interval
  else
    wait = math.ceil(from + (wanted - burst) * interval - now)
  end
else
  wait = paused - now
end

redis.call('HSET', KEYS[1], 'tat', tat, 'rate', rate, 'ceiling', ceiling, 'paused', paused, 'halved', halved, 'changed', changed)
redis.call('PEXPIRE', KEYS[1], KEPT_MS)
return { permits, wait, math.max(1, math.floor(rate)), math.max(0, math.ceil(paused - now)), members }
