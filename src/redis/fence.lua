--[[
  Stands before another script, which is not run when the fence has another value than the caller knows.

  Input:
    KEYS[last]  the fence
    ARGV[last]  its value while the caller may write
    both are taken away, so that the script behind sees its own input only

  Output: the error FENCED, or that of the script behind
]]
if redis.call('GET', table.remove(KEYS)) ~= table.remove(ARGV) then
  return redis.error_reply('FENCED another owner has taken over')
end
