-- How a queue stands.
-- KEYS: visible, dead.
-- ARGV: now, and the score after which something was hidden by a wrong clock.
-- Answers how many wait, are hidden and were parked, and the name and score of the one that waits longest.
local waiting = redis.call('ZCOUNT', KEYS[1], '-inf', ARGV[1]) + redis.call('ZCOUNT', KEYS[1], '(' .. ARGV[2], '+inf')
local hidden = redis.call('ZCARD', KEYS[1]) - waiting
local first = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'WITHSCORES', 'LIMIT', 0, 1)
return {waiting, hidden, redis.call('HLEN', KEYS[2]), first[1] or '', first[2] or ''}
