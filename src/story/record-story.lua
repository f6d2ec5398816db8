--[[
  Appends lines to the stories of conversations and enters the terms by which they are found. Best effort: a line is for people.

  Input:
    KEYS         the keys of line 1, then those of line 2, ...: its story (list: the conversation id, then lines), its exact terms'
                 hashes, its shared terms' lists, and at last the list of the hour's conversations

    ARGV[1]      seconds that everything is kept
    ARGV[2]      how many lines a story keeps; the oldest go first
    ARGV[3]      how many bytes of pointers an exact term keeps; the oldest go first
    then for each line: the line, the conversation's pointer, its id in the packed form, the number of exact terms, the number of
    shared terms, and the field of each exact term

  Output: the number of lines
]]
local ttl, longest, widest = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])

local function append(story, line, conversation)
  local length = redis.call('RPUSH', story, line)
  local isTooLong = length > longest + 1
  if isTooLong then redis.call('LTRIM', story, -longest, -1) end
  if isTooLong or length == 1 then redis.call('LPUSH', story, conversation) end
  redis.call('EXPIRE', story, ttl)
  return length == 1
end

local function enterExact(hash, field, pointer)
  local known = redis.call('HGET', hash, field) or ''
  if not string.find(known, pointer, 1, true) then
    redis.call('HSET', hash, field, string.sub(known .. pointer, -widest))
  end
  redis.call('EXPIRE', hash, ttl)
end

local function enterShared(list, pointer)
  redis.call('RPUSH', list, pointer)
  redis.call('EXPIRE', list, ttl)
end

local key, arg, lines = 1, 4, 0
while arg <= #ARGV do
  local pointer, exact, shared = ARGV[arg + 1], tonumber(ARGV[arg + 3]), tonumber(ARGV[arg + 4])
  local isFirst = append(KEYS[key], ARGV[arg], ARGV[arg + 2])
  for i = 1, exact do enterExact(KEYS[key + i], ARGV[arg + 4 + i], pointer) end
  for i = 1, shared do enterShared(KEYS[key + exact + i], pointer) end
  if isFirst then enterShared(KEYS[key + exact + shared + 1], pointer) end
  key = key + exact + shared + 2
  arg = arg + 5 + exact
  lines = lines + 1
end
return lines
