-- The rate gate of one credential: what devhealth/http/quota.py does, atomically and for all
-- processes. The state is one JSON document; instants are whole milliseconds.
--
-- KEYS[1]  the gate
-- ARGV     "enter", now, id, resource, cost, concurrency, per minute, lease  -> {in, wait, busy}
--          "leave", now, id, what the answer taught, as JSON                  -> {}
-- An empty `now` is the server's clock; an empty limit per minute is none.

local BUSY = 50
local FIRST_PENALTY, LONGEST_PENALTY = 60000, 3600000
local USUAL_WINDOW = 60
local SAME_WINDOW = 2
local FOREVER = 2 ^ 53
local KEPT = 25 * 3600000

local function open()
  local told = redis.call('GET', KEYS[1])
  if told then
    return cjson.decode(told)
  end
  return {blocked_until = 0, is_probing = false, strikes = 0, windows = {}, minutes = {},
          tickets = {}}
end

local function clock()
  if ARGV[2] ~= '' then
    return tonumber(ARGV[2])
  end
  local told = redis.call('TIME')
  return told[1] * 1000 + math.floor(told[2] / 1000)
end

local function size(entries)
  local count = 0
  for _ in pairs(entries) do
    count = count + 1
  end
  return count
end

local function add_answered(state, now)
  local second = string.format('%.0f', math.floor(now / 1000))
  state.minutes[second] = (state.minutes[second] or 0) + 1
end

local function charge(state, holder)
  local window = state.windows[holder.resource]
  if window and window.remaining then
    window.remaining = math.max(0, window.remaining - holder.cost)
  end
end

local function expire(state, now)
  for resource, window in pairs(state.windows) do
    if window.reset_at <= now then
      state.windows[resource] = nil
    end
  end
  for id, holder in pairs(state.tickets) do
    if holder.expires_at <= now then
      charge(state, holder)
      add_answered(state, now)
      state.tickets[id] = nil
    end
  end
  for second in pairs(state.minutes) do
    if (tonumber(second) + 61) * 1000 <= now then
      state.minutes[second] = nil
    end
  end
end

-- Waits: milliseconds, and 1 if others are on their way; nil: none.

local function wait_for_peace(state, now, concurrency)
  if state.blocked_until > now then
    return state.blocked_until - now, 0
  end
  local most = state.is_probing and 1 or concurrency
  if size(state.tickets) >= most then
    return BUSY, 1
  end
end

local function wait_for_minute(state, now, per_minute)
  local used, oldest = 0, nil
  for second, count in pairs(state.minutes) do
    used = used + count
    oldest = math.min(oldest or tonumber(second), tonumber(second))
  end
  if not per_minute or used + size(state.tickets) < per_minute then
    return nil
  end
  if used < per_minute then
    return BUSY, 1
  end
  return (oldest + 61) * 1000 - now, 0
end

local function wait_for_quota(state, now, resource, cost)
  local window, reserved, is_any = state.windows[resource], 0, false
  for _, holder in pairs(state.tickets) do
    if holder.resource == resource then
      reserved, is_any = reserved + holder.cost, true
    end
  end
  if not window then
    if is_any then
      return BUSY, 1
    end
    return nil
  end
  if not window.remaining or window.remaining >= cost + reserved then
    return nil
  end
  if window.remaining >= cost then
    return BUSY, 1
  end
  return window.reset_at - now, 0
end

local function enter(state, now)
  local id, resource, cost = ARGV[3], ARGV[4], tonumber(ARGV[5])
  local window = state.windows[resource]
  if window and window.limit then
    cost = math.min(cost, window.limit)
  end
  local wait, busy = wait_for_peace(state, now, tonumber(ARGV[6]))
  if not wait then
    wait, busy = wait_for_minute(state, now, tonumber(ARGV[7]))
  end
  if not wait then
    wait, busy = wait_for_quota(state, now, resource, cost)
  end
  if wait then
    return {0, wait, busy}
  end
  state.tickets[id] = {resource = resource, cost = cost, entered_at = now,
                       expires_at = now + tonumber(ARGV[8])}
  return {1, 0, 0}
end

local function learn(state, now, resource, taught)
  local reset_at = now + math.floor((taught.reset_in or USUAL_WINDOW) * 1000)
  local named = taught.window or reset_at / 1000
  local known = state.windows[resource]
  if reset_at <= now then
    return
  end
  if not known or not known.remaining or named > known.named + SAME_WINDOW then
    state.windows[resource] = {limit = taught.limit, remaining = taught.remaining,
                               reset_at = reset_at, named = named}
  elseif named >= known.named - SAME_WINDOW then
    known.remaining = math.min(known.remaining, taught.remaining)
    if named > known.named then
      known.named, known.reset_at = named, math.max(known.reset_at, reset_at)
    elseif named == known.named then
      known.reset_at = math.min(known.reset_at, reset_at)
    end
  end
end

local function block(state, now, resource, taught)
  local window, wait = state.windows[resource], nil
  if taught.wait then
    wait = math.floor(taught.wait * 1000)
  elseif taught.remaining == 0 and window and window.remaining == 0 then
    return
  elseif state.blocked_until > now then
    return
  else
    wait = math.min(FIRST_PENALTY * 2 ^ state.strikes, LONGEST_PENALTY)
    state.strikes = state.strikes + 1
  end
  state.blocked_until = math.max(state.blocked_until, now + wait)
  state.is_probing = true
end

local function leave(state, now)
  local holder, taught = state.tickets[ARGV[3]], cjson.decode(ARGV[4])
  state.tickets[ARGV[3]] = nil
  if holder and taught.is_sent then
    add_answered(state, now)
  end
  local resource = holder and holder.resource or taught.resource
  local told = taught.resource ~= '' and taught.resource or resource
  if taught.remaining then
    learn(state, now, told, taught)
  elseif taught.is_answered and resource ~= '' and not state.windows[resource] then
    state.windows[resource] = {reset_at = FOREVER, named = 0}
  end
  if holder and not taught.remaining and taught.is_sent and not taught.is_free then
    charge(state, holder)
  end
  if taught.is_limited then
    block(state, now, told, taught)
  elseif taught.is_answered and holder and holder.entered_at >= state.blocked_until then
    state.is_probing, state.strikes = false, 0
  end
  return {}
end

local now, state = clock(), open()
expire(state, now)
local answer = (ARGV[1] == 'enter' and enter or leave)(state, now)
redis.call('SET', KEYS[1], cjson.encode(state), 'PX', KEPT)
return answer
