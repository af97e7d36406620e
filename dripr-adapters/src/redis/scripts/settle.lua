-- Settles deliveries of one queue, each only with its present fence.
-- KEYS: visible, payloads, state, dead.
-- ARGV: now, the channel, then of each what becomes of it, id, fence, and an instant or a cause.
local visible, payloads, state, dead = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local again = false
local function remove(id)
  redis.call('ZREM', visible, id)
  redis.call('HDEL', payloads, id)
  redis.call('HDEL', state, id)
end
for i = 3, #ARGV, 4 do
  local what, id, fence, value = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]
  local held = redis.call('HGET', state, id)
  local present, count = string.match(held or '', '^(%d+) (%d+)$')
  if present == fence then
    if what == 'done' then
      remove(id)
    elseif what == 'extend' then
      redis.call('ZADD', visible, value, id)
    elseif what == 'again' then
      -- Given back: the receipt is worth nothing any more.
      redis.call('HSET', state, id, string.format('%.0f', tonumber(fence) + 1) .. ' ' .. count)
      redis.call('ZADD', visible, value, id)
      again = true
    elseif what == 'park' then
      local payload = redis.call('HGET', payloads, id) or ''
      redis.call('HSET', dead, id, count .. ' ' .. ARGV[1] .. ' ' .. #value .. '\n' .. value .. payload)
      remove(id)
    end
  end
end
-- Whoever sleeps until what was next before may have to wake sooner.
if again then redis.call('PUBLISH', ARGV[2], '') end
return 0
