-- Gives what is visible and hides it.
-- KEYS: visible, payloads, state.
-- ARGV: now, the farthest instant for which anything is hidden, until when what is given is hidden, how many at most.
-- Answers id, fence, receive count and payload (or nil) of each.
local most = tonumber(ARGV[4])
local ids = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, most)
if #ids < most then
  local far = redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. ARGV[2], '+inf', 'LIMIT', 0, most - #ids)
  for _, id in ipairs(far) do ids[#ids + 1] = id end
end
local given = {}
for _, id in ipairs(ids) do
  local held = redis.call('HGET', KEYS[3], id)
  local fence, count = string.match(held or '', '^(%d+) (%d+)$')
  fence = string.format('%.0f', (tonumber(fence) or 0) + 1)
  count = string.format('%.0f', (tonumber(count) or 0) + 1)
  redis.call('HSET', KEYS[3], id, fence .. ' ' .. count)
  redis.call('ZADD', KEYS[1], ARGV[3], id)
  given[#given + 1] = {id, fence, count, redis.call('HGET', KEYS[2], id)}
end
return given
