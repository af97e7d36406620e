-- Takes calls from a bucket, all or none.
-- KEYS: the bucket, holding when it was or would have been empty; all tokens are those that came since.
-- ARGV: now, how long the bucket takes to fill, how long the calls take to come, each in microseconds;
--       for how many milliseconds what is not touched is kept.
-- Answers '' where the calls are granted, or when to come back.
local now, fill, need = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local full = now - fill
local before = tonumber(redis.call('GET', KEYS[1]) or '')
-- Never more tokens than fit; and none are owed to a clock that was ahead and is right again.
local empty_at = math.min(math.max(before or full, full), now)
local taken = empty_at + need
local granted = taken <= now
redis.call('SET', KEYS[1], string.format('%.0f', granted and taken or empty_at), 'PX', ARGV[4])
if granted then return '' end
return string.format('%.0f', taken)
