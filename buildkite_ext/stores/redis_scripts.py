"""Lua scripts of the store in Redis. Each runs as one step.

They decide what `Window`, `Circuit` and `Entries` decide, by the same constants, which come as arguments. Tests compare their
answers.

Each script takes one argument, an object in JSON. Its `now` is the time; without it Redis' own clock tells it. Other times are
seconds before now on the way in, and seconds from now on the way out, since the clocks of machines differ. Numbers are answered
as texts of 17 digits, from which the same number is read; an empty text stands for None.
"""

from __future__ import annotations

__all__ = [
    "ADMIT",
    "ANNOUNCE",
    "ANNOUNCED",
    "ANSWERED",
    "CHANGE",
    "FIND",
    "GIVE_BACK",
    "KEEP",
    "LOST",
    "PERMIT",
    "RELEASE",
    "REPORT",
]

_COMMON = """
local a = cjson.decode(ARGV[1])
local now = a.now
if not now then
  local time = redis.call('TIME')
  now = time[1] + time[2] / 1000000
end

local function number(field)
  if field and field ~= '' then return tonumber(field) end
  return nil
end

local function text(value)
  if value == nil then return '' end
  return string.format('%.17g', value)
end

-- The seconds by which the clock has been set back since a time at which something was saved: it is a wall clock, and that of a
-- replica may be behind. What is saved moves with it, as if no time had passed.
local function set_back(saved_at)
  return math.max(0, (number(saved_at) or now) - now)
end
"""

_CIRCUIT_STATE = """
local function save_circuit(c)
  redis.call('HSET', c.key, 'failures', text(c.failures), 'opened_at', text(c.opened_at), 'probe_ends', text(c.probe_ends),
    'epoch', text(c.epoch), 'saved_at', text(now))
  redis.call('PEXPIRE', c.key, a.ttl)
end

local function load_circuit(key)
  local found = redis.call('HMGET', key, 'failures', 'opened_at', 'probe_ends', 'epoch', 'saved_at')
  local c = {
    key = key, failures = number(found[1]) or 0, opened_at = number(found[2]), probe_ends = number(found[3]),
    epoch = number(found[4]) or 0,
  }
  local back = set_back(found[5])
  if back > 0 then
    c.opened_at = c.opened_at and c.opened_at - back
    c.probe_ends = c.probe_ends and c.probe_ends - back
    save_circuit(c)
  end
  return c
end

local function circuit_state(c)
  local since, lease = nil, nil
  if c.opened_at then since = now - c.opened_at end
  if c.probe_ends then lease = c.probe_ends - now end
  return {text(c.failures), text(since), text(lease), text(c.epoch)}
end
"""

# The requests in flight are a list of the times at which they were sent, the latest first. What a process that died has sent
# is dropped from its end, and an answer removes the first, so that the list holds as many as are on their way.
_LIMITS = (
    _COMMON
    + _CIRCUIT_STATE
    + """
local function load_window(key, flights)
  local found = redis.call('HMGET', key, 'limit', 'remaining', 'ends', 'opened', 'silent', 'background', 'scope', 'saved_at')
  local opened, background, back = number(found[4]), number(found[6]), set_back(found[8])
  if back > 0 then
    for index, sent_at in ipairs(redis.call('LRANGE', flights, 0, -1)) do
      redis.call('LSET', flights, index - 1, text(tonumber(sent_at) - back))
    end
  end
  while true do
    local oldest = redis.call('LINDEX', flights, -1)
    local age = oldest and now - (number(oldest) or 0)
    if not age or (age >= 0 and age < a.lease) then break end
    redis.call('RPOP', flights)
  end
  return {
    key = key, flights = flights, in_flight = redis.call('LLEN', flights),
    limit = number(found[1]), remaining = number(found[2]), ends = (number(found[3]) or 0) - back,
    opened = opened and opened - back, silent = found[5] == '1', background = background and background - back,
    scope = found[7] or '',
  }
end

local function save_window(w)
  redis.call('HSET', w.key, 'limit', text(w.limit), 'remaining', text(w.remaining), 'ends', text(w.ends),
    'opened', text(w.opened), 'silent', w.silent and '1' or '0', 'background', text(w.background), 'scope', w.scope,
    'saved_at', text(now))
  redis.call('PEXPIRE', w.key, a.ttl)
end

local function left_of(w, reserve)
  local limit = w.limit
  if limit == nil or limit == 0 then limit = 1 end
  return (w.remaining or 0) - w.in_flight - math.min(reserve, math.max(0, limit - 1))
end

local function roll(w)
  if w.remaining and now >= w.ends + a.guard then
    w.remaining, w.opened, w.background = nil, nil, nil
  end
end

local function room(w)
  roll(w)
  if not w.remaining then
    if w.silent or not w.opened or now >= w.opened + a.patience then return nil end
    return {w.opened + a.patience, true}
  end
  local left = left_of(w, a.reserve)
  if left <= 0 then return {w.ends + a.guard, left + w.in_flight > 0} end
  if a.background and w.background then
    local due = w.background + math.max(0, w.ends - w.background) / (left + 1)
    if now < due then return {due, false, true} end
  end
  return nil
end

local function sent(w)
  if not w.remaining then
    w.opened = now
  elseif a.background then
    w.background = now
  end
  redis.call('LPUSH', w.flights, text(now))
  redis.call('PEXPIRE', w.flights, math.ceil(a.lease * 1000))
  w.in_flight = w.in_flight + 1
end

local function ended(w)
  if a.counted_here and redis.call('LPOP', w.flights) then w.in_flight = w.in_flight - 1 end
  w.opened = nil
end

local function answered(w, reported)
  ended(w)
  if not reported then
    w.silent = w.limit == nil
    return
  end
  local sent_at, arrived = now - a.sent_ago, now - a.arrived_ago
  local ends = arrived + math.min(reported.reset, a.longest)
  if not w.remaining or sent_at + reported.reset - a.rounding > w.ends then
    w.remaining, w.ends, w.background = reported.remaining, ends, nil
  elseif ends + a.rounding >= w.ends then
    w.remaining, w.ends = math.min(w.remaining, reported.remaining), math.min(w.ends, ends)
  else
    return
  end
  w.limit, w.silent = reported.limit, false
  if reported.scope ~= '' then w.scope = reported.scope end
end

local organization, user = load_window(KEYS[1], KEYS[2]), load_window(KEYS[3], KEYS[4])
local tokens, circuit = nil, KEYS[5]
if a.token then tokens, circuit = KEYS[5], KEYS[6] end

for _, w in ipairs({organization, user}) do
  for _ = 1, a.unused or 0 do
    if redis.call('LPOP', w.flights) then w.in_flight = w.in_flight - 1 end
  end
end

-- Admit requests that will be sent soon, while there is plenty of room: they count as being on their way.
local function lease()
  local count = a.lot or 0
  for _, w in ipairs({organization, user}) do
    roll(w)
    count = w.remaining and math.min(count, math.floor(left_of(w, a.reserve) / a.share)) or 0
  end
  for _ = 1, count do
    for _, w in ipairs({organization, user}) do
      redis.call('LPUSH', w.flights, text(now))
      redis.call('PEXPIRE', w.flights, math.ceil(a.lease * 1000))
      w.in_flight = w.in_flight + 1
    end
  end
  return text(math.max(0, count))
end

local function state_of(w)
  return text(w.limit), text(w.remaining), text(w.ends - now), text(w.in_flight), w.scope
end

local function windows_and_circuit(...)
  local answer = {...}
  for _, w in ipairs({organization, user}) do
    save_window(w)
    for _, each in ipairs({state_of(w)}) do answer[#answer + 1] = each end
  end
  if circuit then
    for _, each in ipairs(circuit_state(load_circuit(circuit))) do answer[#answer + 1] = each end
  end
  return answer
end
"""
)

_CIRCUIT = (
    _COMMON
    + _CIRCUIT_STATE
    + """
local c = load_circuit(KEYS[1])

local function state()
  if not c.opened_at then return 'closed' end
  return now < c.opened_at + a.open_for and 'open' or 'half_open'
end

local function with_circuit(...)
  local answer = {...}
  for _, each in ipairs(circuit_state(c)) do answer[#answer + 1] = each end
  return answer
end
"""
)

ADMIT = (
    _LIMITS
    + """
-- KEYS: window and flights of the organization, of the user, with a.token the users of tokens, and perhaps a circuit. Returns the
-- seconds to wait ('': the request is counted as sent), 1 if another answer decides, 2 if the limit has room, the user of the
-- token ('': it isn't known), 1 if there are other tokens, the number of further requests that are admitted, both windows, and
-- the circuit.

-- Take in the token and its user, if that is known. What was told first holds, so that all processes count for one window. Redis
-- forgets it some time after the last news, and then each process tells it again.
local function share_token()
  if not a.token then return '', '0' end
  local held = redis.call('HGET', tokens, a.token)
  if not held or (held == '' and a.user ~= '') then
    if redis.call('HLEN', tokens) >= a.remembered then redis.call('DEL', tokens) end
    redis.call('HSET', tokens, a.token, a.user)
    redis.call('PEXPIRE', tokens, a.ttl)
    held = a.user
  end
  return held, redis.call('HLEN', tokens) > 1 and '1' or '0'
end

local name, others = share_token()
local longest = nil
for _, w in ipairs({organization, user}) do
  local wait = room(w)
  if wait and (not longest or wait[1] > longest[1]) then longest = wait end
end
if longest and not a.probe then
  return windows_and_circuit(text(longest[1] - now), longest[2] and '1' or longest[3] and '2' or '0', name, others, '0')
end
sent(organization)
sent(user)
return windows_and_circuit('', '0', name, others, lease())
"""
)

ANSWERED = (
    _LIMITS
    + """
-- KEYS: as for ADMIT. Returns the number of further requests that are admitted, both windows and the circuit.
answered(organization, a.organization)
answered(user, a.user)
return windows_and_circuit(lease())
"""
)

LOST = (
    _LIMITS
    + """
-- KEYS: as for ADMIT. Returns both windows.
for _, w in ipairs({organization, user}) do
  ended(w)
  if a.counted and w.remaining then w.remaining = w.remaining - 1 end
end
return windows_and_circuit()
"""
)

GIVE_BACK = (
    _LIMITS
    + """
-- KEYS: as for ADMIT. Takes back the requests that were admitted and not sent. Returns both windows.
return windows_and_circuit()
"""
)

PERMIT = (
    _CIRCUIT
    + """
-- KEYS: circuit. Returns the seconds for which it refuses calls (0: the call may begin), 1 if the call is a probe, the circuit.
local left, probe = 0, '0'
if c.opened_at then
  left = c.opened_at + a.open_for - now
  if left <= 0 then
    if c.probe_ends and now < c.probe_ends then
      left = math.min(a.probe_pause, c.probe_ends - now)
    else
      left, probe, c.probe_ends = 0, '1', now + a.probe_lease
      save_circuit(c)
    end
  end
end
return with_circuit(text(left), probe)
"""
)

REPORT = (
    _CIRCUIT
    + """
-- KEYS: circuit. Returns its state before ('': it hasn't changed) and after, and the circuit.
local before, epoch = state(), c.epoch
if a.epoch == c.epoch then
  if a.failed then
    if a.probe or not c.opened_at then
      c.failures = c.failures + 1
      if a.probe or c.failures >= a.failures then c.opened_at, c.probe_ends, c.epoch = now, nil, c.epoch + 1 end
      save_circuit(c)
    end
  elseif a.probe then
    c.failures, c.opened_at, c.probe_ends, c.epoch = 0, nil, nil, c.epoch + 1
    save_circuit(c)
  elseif c.failures > 0 and not c.opened_at then
    c.failures = 0
    save_circuit(c)
  end
end
return with_circuit(c.epoch ~= epoch and before or '', state())
"""
)

RELEASE = (
    _CIRCUIT
    + """
-- KEYS: circuit. Ends a probe that says nothing.
if a.epoch == c.epoch then
  c.probe_ends = nil
  save_circuit(c)
end
return with_circuit()
"""
)

# The versions of tags, and the latest and the oldest one, are one key, so that Redis can't lose a part of them. Where it has lost
# them, they begin at a random number, so that nothing that was begun or kept before has a version of now. An entry is wrong once
# the version of its tags is another one. Its bytes are counted in the field '' of the entries.
_CACHE = (
    _COMMON
    + """
local versions, entries, recency = KEYS[1], KEYS[2], KEYS[3]
local known = redis.call('HMGET', versions, 'latest', 'oldest', 'oldest_settles', 'settles', 'used_at')
local latest, fresh = number(known[1]) or a.random, not known[1]
local oldest, oldest_settles, settles = number(known[2]) or latest, number(known[3]) or 0, number(known[4]) or 0

local function state_of_tag(tag)
  local version, settled = string.match(redis.call('HGET', versions, 'tag ' .. tag) or '', '^(%S+) (%S+)$')
  return number(version) or 0, number(settled) or 0
end

local function save_versions()
  redis.call('HSET', versions, 'latest', text(latest), 'oldest', text(oldest), 'oldest_settles', text(oldest_settles),
    'settles', text(settles))
end

if next(a.changes) then
  latest = latest + 1
  for tag, settling in pairs(a.changes) do
    local _, settled = state_of_tag(tag)
    if settling > 0 then settled = math.max(settled, now + settling) end
    settles = math.max(settles, settled)
    redis.call('HSET', versions, 'tag ' .. tag, text(latest) .. ' ' .. text(settled))
  end
  if a.changes[''] or redis.call('HLEN', versions) > a.remembered then
    redis.call('DEL', versions)
    oldest, oldest_settles, fresh = latest, settles, true
  end
end
if next(a.changes) or fresh then save_versions() end
redis.call('HSET', versions, 'used_at', text(now))
redis.call('PEXPIRE', versions, a.ttl)

-- Where Redis has lost one of the keys, the others are of no use. Nor are they where its clock was set back.
local is_set_back = set_back(known[5]) > a.rounding
if fresh or is_set_back or redis.call('HLEN', entries) - redis.call('HEXISTS', entries, '') ~= redis.call('ZCARD', recency) then
  redis.call('DEL', entries, recency)
end

local function state(tags)
  local version, settled = oldest, oldest_settles
  for _, tag in ipairs(tags) do
    local of_tag, settled_of_tag = state_of_tag(tag)
    version, settled = math.max(version, of_tag), math.max(settled, settled_of_tag)
  end
  return version, settled
end

local function load_entry(key)
  local held = redis.call('HGET', entries, key)
  if not held then return nil end
  local version, sent, expires, size, content = string.match(held, '^(%S+) (%S+) (%S+) (%S+) (.*)$')
  return {
    version = tonumber(version), sent = tonumber(sent), expires = tonumber(expires), size = tonumber(size), content = content,
  }
end

local function use(key)
  redis.call('ZADD', recency, redis.call('HINCRBY', versions, 'uses', 1), key)
  redis.call('PEXPIRE', entries, a.ttl)
  redis.call('PEXPIRE', recency, a.ttl)
end

local function remove(key, entry)
  redis.call('HDEL', entries, key)
  redis.call('ZREM', recency, key)
  redis.call('HINCRBY', entries, '', -entry.size)
end

local function with_counts(...)
  local answer = {...}
  answer[#answer + 1] = text(redis.call('ZCARD', recency))
  answer[#answer + 1] = redis.call('HGET', entries, '') or '0'
  return answer
end
"""
)

CHANGE = (
    _CACHE
    + """
-- KEYS: versions, entries and recency. Takes in changes. Returns the number of entries and their bytes.
return with_counts()
"""
)

FIND = (
    _CACHE
    + """
-- KEYS: as for CHANGE, whose changes it takes in first. Returns the version of the tags, the seconds since the request of the
-- entry was sent ('': there is none), the seconds for which it is still kept, its content, the number of entries and their bytes.
local version = state(a.tags)
local entry = a.seconds > 0 and load_entry(a.key)
if entry and (entry.version ~= version or now >= entry.expires) then
  remove(a.key, entry)
  entry = nil
end
if not entry or now - entry.sent >= a.seconds then return with_counts(text(version), '', '', '') end
use(a.key)
return with_counts(text(version), text(now - entry.sent), text(entry.expires - now), entry.content)
"""
)

KEEP = (
    _CACHE
    + """
-- KEYS: as for CHANGE, whose changes it takes in first. Returns the number of entries and their bytes.
local version, settled = state(a.tags)
local sent = now - a.sent_ago
local held = load_entry(a.key)
if held and held.version ~= version then
  remove(a.key, held)
  held = nil
end
if a.version ~= version or sent < settled or (held and held.sent > sent) then return with_counts() end
if held then remove(a.key, held) end
if a.size > a.bytes then return with_counts() end
redis.call('HSET', entries, a.key,
  table.concat({text(version), text(sent), text(sent + a.kept_for), text(a.size), a.content}, ' '))
redis.call('HINCRBY', entries, '', a.size)
use(a.key)
while redis.call('ZCARD', recency) > a.entries or tonumber(redis.call('HGET', entries, '')) > a.bytes do
  local oldest_key = redis.call('ZRANGE', recency, 0, 0)[1]
  remove(oldest_key, load_entry(oldest_key))
end
return with_counts()
"""
)

ANNOUNCE = (
    _COMMON
    + """
-- KEYS: announcements, a stream.
redis.call('XADD', KEYS[1], 'MAXLEN', '~', a.most, '*', 'name', a.name, 'by', a.by)
redis.call('PEXPIRE', KEYS[1], a.ttl)
return {}
"""
)

ANNOUNCED = (
    _COMMON
    + """
-- KEYS: announcements, a stream. Returns the position of the last one, and the names behind a position ('': none) that others
-- have announced.
local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
local answer = {last[1] and last[1][1] or '0-0'}
if a.position == '' or a.position == answer[1] then return answer end
local seen = {}
for _, each in ipairs(redis.call('XRANGE', KEYS[1], '(' .. a.position, '+')) do
  local name, by = each[2][2], each[2][4]
  if by ~= a.by and not seen[name] then
    seen[name] = true
    answer[#answer + 1] = name
  end
end
return answer
"""
)
