"""Lua scripts of the streams. Each runs as one step.

Each script is safe to send again after its answer was lost, unless it says otherwise. The function `mine` tells if an entry
is still pending for this worker. If another worker has claimed it since, this worker must not change it.
"""

from __future__ import annotations

__all__ = [
    "ACKNOWLEDGE",
    "ADVANCE",
    "APPEND",
    "CLAIM",
    "DEAD_LETTER",
    "DEAD_LETTER_ORDERED",
    "DELAY_RETRY",
    "DELETE_IDLE_CONSUMERS",
    "GIVE_BACK",
    "HEARTBEAT",
    "LAG",
    "RELEASE_LEASE",
    "RENEW",
    "REQUEUE",
]

_MINE = """
local function mine(stream, group, consumer, id)
  return #redis.call('XPENDING', stream, group, id, id, 1, consumer) == 1
end
"""

# More values than unpack's stack can hold are packed into one, so that any entry can be moved.
_MOVE = """
local function move(stream, dead, group, id, limit, details)
  local found = redis.call('XRANGE', stream, id, id)[1]
  local answer = {false, 0}
  if found then
    local fields = found[2]
    if #fields > 1000 then fields = {'dead:fields', cmsgpack.pack(fields)} end
    for _, detail in ipairs(details) do fields[#fields + 1] = detail end
    local dropped = math.max(0, redis.call('XLEN', dead) + 1 - tonumber(limit))
    answer = {redis.call('XADD', dead, 'MAXLEN', limit, '*', unpack(fields)), dropped}
  end
  redis.call('XACK', stream, group, id)
  redis.call('XDEL', stream, id)
  return answer
end
"""

APPEND = """
-- KEYS: the partition to append to, then all of them. ARGV: limit, field, value, ...
-- Must not be sent again: it would append twice.
local backlog = 0
for i = 2, #KEYS do backlog = backlog + redis.call('XLEN', KEYS[i]) end
if backlog >= tonumber(ARGV[1]) then return -backlog end
redis.call('XADD', KEYS[1], '*', unpack(ARGV, 2))
return backlog + 1
"""

ACKNOWLEDGE = """
-- KEYS: the stream of each entry. ARGV: group, then the id of each.
for i = 1, #KEYS do
  redis.call('XACK', KEYS[i], ARGV[1], ARGV[i + 1])
  redis.call('XDEL', KEYS[i], ARGV[i + 1])
end
"""

CLAIM = """
-- KEYS: stream. ARGV: group, consumer, idle milliseconds, cursor, count. Returns the next cursor and [id, tries, fields].
local found = redis.call('XAUTOCLAIM', KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4], 'COUNT', ARGV[5])
local entries = {}
for _, entry in ipairs(found[2]) do
  if entry and entry[2] then
    local pending = redis.call('XPENDING', KEYS[1], ARGV[1], entry[1], entry[1], 1)
    entries[#entries + 1] = {entry[1], pending[1][4], entry[2]}
  end
end
return {found[1], entries}
"""

RENEW = (
    _MINE
    + """
-- KEYS: the stream of each entry. ARGV: group, consumer, then the id of each. Returns how many are still ours.
local renewed = 0
for i = 1, #KEYS do
  if mine(KEYS[i], ARGV[1], ARGV[2], ARGV[i + 2]) then
    redis.call('XCLAIM', KEYS[i], ARGV[1], ARGV[2], 0, ARGV[i + 2], 'JUSTID')
    renewed = renewed + 1
  end
end
return renewed
"""
)

DELAY_RETRY = (
    _MINE
    + """
-- KEYS: stream. ARGV: group, consumer, the waiting consumer, id, idle milliseconds, tries.
if not mine(KEYS[1], ARGV[1], ARGV[2], ARGV[4]) then return 0 end
redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[3], 0, ARGV[4], 'IDLE', ARGV[5], 'RETRYCOUNT', ARGV[6], 'JUSTID')
return 1
"""
)

GIVE_BACK = """
-- KEYS: streams. ARGV: group, consumer, the waiting consumer, idle milliseconds, then the entries to keep.
local kept = {}
for i = 5, #ARGV do kept[ARGV[i]] = true end
local given = 0
for _, stream in ipairs(KEYS) do
  for _, pending in ipairs(redis.call('XPENDING', stream, ARGV[1], '-', '+', 10000, ARGV[2])) do
    if not kept[stream .. ' ' .. pending[1]] then
      redis.call('XCLAIM', stream, ARGV[1], ARGV[3], 0, pending[1], 'IDLE', ARGV[4],
        'RETRYCOUNT', math.max(pending[4] - 1, 0), 'JUSTID')
      given = given + 1
    end
  end
end
return given
"""

# Only consumers without pending entries: XGROUP DELCONSUMER would lose these entries.
DELETE_IDLE_CONSUMERS = """
-- KEYS: streams. ARGV: group, consumer ('' for any), idle milliseconds.
for _, stream in ipairs(KEYS) do
  for _, flat in ipairs(redis.call('XINFO', 'CONSUMERS', stream, ARGV[1])) do
    local found = {}
    for i = 1, #flat, 2 do found[flat[i]] = flat[i + 1] end
    local named = ARGV[2] == '' or found['name'] == ARGV[2]
    if named and found['pending'] == 0 and found['idle'] >= tonumber(ARGV[3]) then
      redis.call('XGROUP', 'DELCONSUMER', stream, ARGV[1], found['name'])
    end
  end
end
"""

DEAD_LETTER = (
    _MINE
    + _MOVE
    + """
-- KEYS: stream, dead letters. ARGV: group, consumer, id, limit, then fields to add. Returns the new id and the
-- number of older dead letters that were dropped.
if not mine(KEYS[1], ARGV[1], ARGV[2], ARGV[3]) then return {false, 0} end
return move(KEYS[1], KEYS[2], ARGV[1], ARGV[3], ARGV[4], {unpack(ARGV, 5)})
"""
)

DEAD_LETTER_ORDERED = (
    _MOVE
    + """
-- KEYS: stream, dead letters, lease, head. ARGV: group, token, id, limit, then fields to add. Like DEAD_LETTER; -1: lease lost.
if redis.call('GET', KEYS[3]) ~= ARGV[2] then return {-1, 0} end
redis.call('DEL', KEYS[4])
return move(KEYS[1], KEYS[2], ARGV[1], ARGV[3], ARGV[4], {unpack(ARGV, 5)})
"""
)

ADVANCE = """
-- KEYS: stream, lease, head. ARGV: token, group, id of the handled entry or '', id of the entry to begin or ''.
-- Returns the number of the try that begins (1 if none begins), or 0: the lease is lost. Sent again, it counts one try more.
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
if ARGV[3] ~= '' then
  redis.call('XACK', KEYS[1], ARGV[2], ARGV[3])
  redis.call('XDEL', KEYS[1], ARGV[3])
end
if ARGV[4] == '' then
  redis.call('DEL', KEYS[3])
  return 1
end
if redis.call('HGET', KEYS[3], 'id') ~= ARGV[4] then
  redis.call('HSET', KEYS[3], 'id', ARGV[4], 'tries', 0)
end
return redis.call('HINCRBY', KEYS[3], 'tries', 1)
"""

HEARTBEAT = """
-- KEYS: workers, then the lease of each partition. ARGV: token, milliseconds. Records that this worker lives, and renews its
-- leases. Returns all living workers, and for each partition 'mine', 'taken' or 'free'.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%d', now))
redis.call('ZADD', KEYS[1], string.format('%d', now + tonumber(ARGV[2])), ARGV[1])
local leases = {}
for i = 2, #KEYS do
  local owner = redis.call('GET', KEYS[i])
  if owner == ARGV[1] then
    redis.call('PEXPIRE', KEYS[i], ARGV[2])
    leases[#leases + 1] = 'mine'
  else
    leases[#leases + 1] = owner and 'taken' or 'free'
  end
end
return {redis.call('ZRANGE', KEYS[1], 0, -1), leases}
"""

RELEASE_LEASE = """
-- KEYS: lease. ARGV: token.
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""

LAG = """
-- KEYS: dead letters, then stream, lease and head of each partition. ARGV: group. Returns milliseconds since the epoch, the
-- number of dead letters, and for each partition: length, pending, the oldest id, 1 if it is leased.
local time = redis.call('TIME')
local partitions = {}
for i = 2, #KEYS, 3 do
  local pending = redis.pcall('XPENDING', KEYS[i], ARGV[1])
  local count = pending.err and 0 or pending[1]
  if redis.call('EXISTS', KEYS[i + 2]) == 1 then count = count + 1 end
  local first = redis.call('XRANGE', KEYS[i], '-', '+', 'COUNT', 1)[1]
  partitions[#partitions + 1] = {
    redis.call('XLEN', KEYS[i]), count, first and first[1] or '', redis.call('EXISTS', KEYS[i + 1])
  }
end
return {time[1] * 1000 + math.floor(time[2] / 1000), redis.call('XLEN', KEYS[1]), partitions}
"""

REQUEUE = """
-- KEYS: dead letters, then the partitions. ARGV: id. Returns 1, or 0 if there is none with this id.
local found = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])[1]
if not found then return 0 end
local fields = found[2]
local partition = 0
local kept = {}
for i = 1, #fields, 2 do
  if fields[i] == 'dead:partition' then partition = tonumber(fields[i + 1])
  elseif fields[i] == 'dead:fields' then kept = cmsgpack.unpack(fields[i + 1])
  elseif string.sub(fields[i], 1, 5) ~= 'dead:' then
    kept[#kept + 1] = fields[i]
    kept[#kept + 1] = fields[i + 1]
  end
end
local call = {'XADD', KEYS[2 + partition] or KEYS[2], '*'}
if #kept > 1000 then return redis.error_reply('ERR not a delivery: it has too many fields to be queued again') end
for _, value in ipairs(kept) do call[#call + 1] = value end
redis.call(unpack(call))
redis.call('XDEL', KEYS[1], ARGV[1])
return 1
"""
