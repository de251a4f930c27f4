-- Takes one attempt of each key, or none: all of them or the wait until all have one.
--
-- KEYS     sorted sets of attempts by their instant in milliseconds
-- ARGV     window in milliseconds, most attempts in it, this attempt's id
-- Answers  0: it may be made; else the milliseconds until it may.

local window, most, id = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
local told = redis.call('TIME')
local now = told[1] * 1000 + math.floor(told[2] / 1000)
local wait = 0

for _, key in ipairs(KEYS) do
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now - window)
  if redis.call('ZCARD', key) >= most then
    local oldest = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
    wait = math.max(wait, tonumber(oldest[2]) + window - now, 1)
  end
end
if wait > 0 then
  return wait
end
for _, key in ipairs(KEYS) do
  redis.call('ZADD', key, now, id)
  redis.call('PEXPIRE', key, window)
end
return 0
