-- Puts events into queues.
-- KEYS: ids, then of each queue visible and payloads.
-- ARGV: the score of what is visible at once, how many queues there are, the channel of each,
--       then of each event its payload, in how many queues, and their numbers from 1 on.
local queues = tonumber(ARGV[2])
-- Ids are never used again: not after the keys were lost either, since there they begin with the server's microsecond.
local time = redis.call('TIME')
local id = math.max((tonumber(redis.call('GET', KEYS[1]) or '') or 0) + 1, tonumber(time[1]) * 1000000 + tonumber(time[2]))
local told = {}
local i = 3 + queues
while i <= #ARGV do
  local payload, wakes = ARGV[i], tonumber(ARGV[i + 1])
  for j = i + 2, i + 1 + wakes do
    local queue = tonumber(ARGV[j])
    -- Before anything is written, in case it is not allowed; nobody can look until all is.
    if not told[queue] then redis.call('PUBLISH', ARGV[2 + queue], '') end
    told[queue] = true
    -- Of one length, so that what is visible at once comes in its order.
    local name = string.format('%016.0f', id)
    redis.call('SET', KEYS[1], name)
    redis.call('HSET', KEYS[2 * queue + 1], name, payload)
    redis.call('ZADD', KEYS[2 * queue], ARGV[1], name)
    id = id + 1
  end
  i = i + 2 + wakes
end
return 0
