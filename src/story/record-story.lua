--[[
  Appends lines to the stories of conversations and enters the terms by which they are found. Best effort: a line is for people.
  All lines are of one hour. A story expires some time after its last line, and an index after its first entry: by then nobody
  looks into its hour any more.

  Input:
    KEYS[1]      the list of the hour's conversations
    KEYS         for each conversation: its story (list: the conversation id, then lines), and the hash of each of its exact terms
    KEYS         at last the lists of the shared terms

    ARGV[1]      seconds that everything is kept
    ARGV[2]      how many lines a story keeps; the oldest go first
    ARGV[3]      how many bytes of pointers an exact term keeps; the oldest go first
    ARGV[4]      how many conversations
    ARGV[5]      bytes (numbers have two, the high one first). For each conversation: its pointer (8), the number of its lines, the
                 number of its exact terms, and the field of each (5). Then for each list the number of pointers, and these.
    ARGV         for each conversation: its id in the packed form, and its lines

  Output: the number of conversations that have begun
]]
local ttl, longest, widest, packed = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[5]

local function append(story, id, first, last)
  local length = redis.call('RPUSH', story, unpack(ARGV, first, last))
  local isTooLong = length > longest + 1
  if isTooLong then redis.call('LTRIM', story, -longest, -1) end
  local isNew = length == last - first + 1
  if isTooLong or isNew then redis.call('LPUSH', story, id) end
  redis.call('EXPIRE', story, ttl)
  return isNew
end

local function enterExact(hash, field, pointer)
  if redis.call('HSETNX', hash, field, pointer) == 1 then
    if redis.call('HLEN', hash) == 1 then redis.call('EXPIRE', hash, ttl) end
    return
  end
  local known = redis.call('HGET', hash, field)
  if not string.find(known, pointer, 1, true) then
    redis.call('HSET', hash, field, string.sub(known .. pointer, -widest))
  end
end

local function enterShared(list, pointers)
  if #pointers == 0 then return end
  if redis.call('RPUSH', list, unpack(pointers)) == #pointers then redis.call('EXPIRE', list, ttl) end
end

local key, arg, at, begun = 2, 6, 1, {}
for _ = 1, tonumber(ARGV[4]) do
  local pointer, lines, terms
  pointer, lines, terms, at = struct.unpack('>c8I2I2', packed, at)
  if append(KEYS[key], ARGV[arg], arg + 1, arg + lines) then begun[#begun + 1] = pointer end
  for i = 1, terms do
    enterExact(KEYS[key + i], string.sub(packed, at, at + 4), pointer)
    at = at + 5
  end
  key = key + terms + 1
  arg = arg + lines + 1
end
enterShared(KEYS[1], begun)
for list = key, #KEYS do
  local count, pointers = nil, {}
  count, at = struct.unpack('>I2', packed, at)
  for i = 1, count do pointers[i], at = struct.unpack('c8', packed, at) end
  enterShared(KEYS[list], pointers)
end
return #begun
