-- Delivers again what was parked, as a delivery of its own.
-- KEYS: dead, ids, visible, payloads.
-- ARGV: id, the score of what is visible at once, the channel.
-- Answers 1, or 0 where it is not there.
local held = redis.call('HGET', KEYS[1], ARGV[1])
if not held then return 0 end
local length, rest = string.match(held, '^%d+ %-?%d+ (%d+)\n(.*)$')
if not length then return redis.error_reply('WRONGTYPE what was parked cannot be read') end
redis.call('PUBLISH', ARGV[3], '')
local time = redis.call('TIME')
local id = math.max((tonumber(redis.call('GET', KEYS[2]) or '') or 0) + 1, tonumber(time[1]) * 1000000 + tonumber(time[2]))
local name = string.format('%016.0f', id)
redis.call('SET', KEYS[2], name)
redis.call('HSET', KEYS[4], name, string.sub(rest, tonumber(length) + 1))
redis.call('ZADD', KEYS[3], ARGV[2], name)
redis.call('HDEL', KEYS[1], ARGV[1])
return 1
