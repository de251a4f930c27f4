-- Takes from a bucket that fills up again evenly, or takes nothing; and says how full it is then.
--
-- KEYS[1]  what was missing in it, and when; it expires when nothing is missing any more
-- ARGV     how much it holds, milliseconds in which it fills, how much to take (0: only look)
-- Answers  the milliseconds until so much can be taken (0: it was; -1: never), how much is left,
--          the milliseconds until there is one more (0: it is full)
--
-- What is missing is counted in one `window`th each: all numbers are whole, and exact below 2^53.

local most, window, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local told = redis.call('TIME')
local now = told[1] * 1000 + math.floor(told[2] / 1000)

local function missing_now()
  local was, at = (redis.call('GET', KEYS[1]) or '0 0'):match('^(%d+) (%d+)$')
  local filled = most * math.max(now - tonumber(at), 0)
  return math.max(math.min(tonumber(was), most * window) - filled, 0)
end

local function wait_for(missing)
  if cost > most then
    return -1
  end
  local beyond = missing + (cost - most) * window
  return beyond > 0 and math.ceil(beyond / most) or 0
end

local missing = missing_now()
local wait = wait_for(missing)
if wait == 0 and cost > 0 then
  missing = missing + cost * window
  local state = string.format('%.0f %.0f', missing, now)
  redis.call('SET', KEYS[1], state, 'PX', math.ceil(missing / most))
end

local taken = math.ceil(missing / window)
local next = taken > 0 and math.ceil((missing - (taken - 1) * window) / most) or 0
return {wait, most - taken, next}
