-- When the first delivery of any queue becomes visible.
-- KEYS: visible, of each queue.
-- Answers a score, or '' where there is none.
local first = nil
for _, key in ipairs(KEYS) do
  local score = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')[2]
  if score and (not first or tonumber(score) < tonumber(first)) then first = score end
end
return first or ''
