--[[
  Appends lines to the stories of conversations and enters the terms by which they are found. Best effort: a line is for people.

  Input:
    KEYS         the keys of line 1, then those of line 2, ...: its story (list), its exact terms' hashes, its shared terms' lists,
                 and at last the list of the hour's conversations

    ARGV[1]      seconds that everything is kept
    ARGV[2]      how many lines a story keeps; the oldest go first
    then for each line: the line, the conversation id in its packed form, the number of exact terms, the number of shared terms,
    and the field of each exact term

  Output: the number of lines
]]
local ttl, longest = ARGV[1], tonumber(ARGV[2])
local key, arg, lines = 1, 3, 0
while arg <= #ARGV do
  local story = KEYS[key]
  local conversation, exact, shared = ARGV[arg + 1], tonumber(ARGV[arg + 2]), tonumber(ARGV[arg + 3])
  local length = redis.call('RPUSH', story, ARGV[arg])
  if length > longest then redis.call('LTRIM', story, -longest, -1) end
  redis.call('EXPIRE', story, ttl)
  for i = 1, exact do
    redis.call('HSET', KEYS[key + i], ARGV[arg + 3 + i], conversation)
    redis.call('EXPIRE', KEYS[key + i], ttl)
  end
  for i = 1, shared do
    redis.call('RPUSH', KEYS[key + exact + i], conversation)
    redis.call('EXPIRE', KEYS[key + exact + i], ttl)
  end
  if length == 1 then
    redis.call('RPUSH', KEYS[key + exact + shared + 1], conversation)
    redis.call('EXPIRE', KEYS[key + exact + shared + 1], ttl)
  end
  key = key + exact + shared + 2
  arg = arg + 4 + exact
  lines = lines + 1
end
return lines
