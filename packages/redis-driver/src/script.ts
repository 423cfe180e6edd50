import { createHash } from 'node:crypto';
import { misledError, notStringsError } from './errors.ts';

/** How many calls have numbers of their own. With the time they stay below 2^53 for two centuries. */
export const CALLS = 1024;

/** A deadline that is over at any time: with it the script says what time it is. */
export const TOO_LATE = '0';

/**
 * The one script: it carries a list of operations out, in one step, unless it comes too late or one of them asks in vain; or
 * several such lists, one after the other.
 */
export const SCRIPT: string = `
-- Carries operations out in their order, as one step. Those that ask stand in front of those that write: the first one that
-- asks in vain ends the script, and nothing has been written.
--
-- ARGV[1] is when the caller stops waiting, by this server's clock, in ms: later than that the script does nothing. In truth it is
-- up to ARGV[2] ms later. The last one of ARGV is the number of the call, below ${CALLS}: a connection that is disturbed may give an
-- answer to another call than it belongs to.
-- Each operation follows, its verb and then its arguments; its keys are the next ones of KEYS. A life is in ms, '' for ever.
-- Where an entry is listed in one step and put in a later one, both lives are counted from ARGV[1], so that what is under way for
-- long lives no longer: the entry ends there at the latest, and is listed till then at the least.
--
-- Where ARGV[1] is '', it carries out several calls, each as if it came alone: what fails or asks in vain ends one of them.
-- They follow in place of the operations, with a deadline each:
--
--   deadline, number of keys, number of arguments, number of calls, and of each the operations: calls that have as many
--   deadline, 'sets', number of calls, and of each the value and the life: calls that have one set each and no more
--   deadline, 'dels', number of calls: calls that have a del of one entry each and no more
--
-- Where ARGV[1] is 'left', it tells how long each of KEYS still lives, as PTTL does, and that is all: there is no number.
--
--   asks:   absent             entries        their number; none of them is there
--           equals             entry          value
--           holds              hash           number of fields, and of each the name and the value
--           take               entry, marker  attempt, remember, needle   once at most; the value must contain the needle
--   writes: mark                              'tell' or ''; does what take asked for, and returns the value if it is to tell
--           tag                lists          their number, members, and of each member the name and the life: sorted sets
--           early              lists          the same for entries of a later step, and never for a shorter time than the member is
--                                             listed
--           share, share early set, expiry    members, and of each the name and the life: a set that others use too, and its
--                                             members' expiries
--           keep, keep early   set, expiry    the same for one that never ends by itself
--           set                entry          value, life                 an entry that is not listed
--           place, place early entry          value, life     one that is: it ends when its lists drop it; early: they had it in an
--                                             earlier step
--           del                entries        their number
--           retire             entry, marker                             del, remembered as taken, as long as it would have lived
--           untag              list           member
--           unshare            set, expiry    member
--
-- Within an operation, what adds stands before what removes: a server that is full refuses the first write of a script, and lets
-- all the others through after one that it takes.
--
-- A marker is '<length of the attempt>:<attempt><value>'. It counts only while the entry is absent, so that to put the entry again
-- need not touch it.
--
-- Returns { outcome, the stamp, how many entries were deleted, the value that was taken }. Outcomes: done, late,
-- failed (a check), and of take: again (this attempt took it before), used (another did), refused, absent. Where all is done and
-- there is no more to say, it returns the stamp alone, which is faster. The stamp is the server's time in ms, times ${CALLS}, and the number
-- of the call. Of several calls it returns { 'joined', the stamp, what each returns }, or the stamp alone where all of them do; there
-- the time stands in place of the stamp, of one that is done and has taken nothing it returns the number of deleted entries alone, and
-- one that fails returns { 'error', the time, 0, the message }.

local call, KEYS, ARGV = redis.call, KEYS, ARGV
if ARGV[1] == 'left' then
  local left = {}
  for i, key in ipairs(KEYS) do left[i] = call('PTTL', key) end
  return left
end

local clock = call('TIME')
local now = clock[1] * 1000 + clock[2] / 1000
now = now - now % 1
local stamp = now * ${CALLS} + ARGV[#ARGV]

-- All that has to do with lists, made when one is first named: to make it takes longer than to store an entry.
local listing
local function makeListing()
  local past = string.format('(%d', now)

  -- When a life is over, as a number and as commands take it. There are many lives, and few that differ.
  local times, ends = {[''] = math.huge}, {[''] = '+inf'}
  local function learn(life)
    times[life] = now + life
    ends[life] = string.format('%d', times[life])
  end

  -- What ZADD takes for so many members and their lives, beginning with an argument, and when the last of them is over. Where lives are
  -- counted from a later time than now, that is given.
  local function scored(a, members, from)
    local scores, over = {}, 0
    for i = 1, 2 * members, 2 do
      local life = ARGV[a + i]
      local time
      if from and life ~= '' then
        time = from + life
        scores[i] = string.format('%d', time)
      else
        if not times[life] then learn(life) end
        time = times[life]
        scores[i] = ends[life]
      end
      scores[i + 1] = ARGV[a + i - 1]
      if time > over then over = time end
    end
    return scores, over
  end

  local function zadd(list, scores, isEarly)
    if isEarly then call('ZADD', list, 'GT', unpack(scores)) else call('ZADD', list, unpack(scores)) end
  end

  -- A list lives as long as its longest member; where it is prolonged somewhat longer, so that this is seldom done.
  local function prolonged(life)
    return math.floor(life * 17 / 16 + 1)
  end

  local function expire(key, life)
    call('PEXPIRE', key, string.format('%d', life))
    return life
  end

  local function longestOf(list)
    return tonumber(call('ZRANGE', list, '-1', '-1', 'WITHSCORES')[2] or now)
  end

  -- How long lists live, as PTTL says, that were looked after before: calls that come together often add to the same ones.
  local lives = {}

  -- Adds to a list, drops what has expired, and has the list live as long as what was added.
  local function addTo(list, scores, over, isEarly)
    local before = lives[list] or call('PTTL', list)
    zadd(list, scores, isEarly)
    if before ~= -2 and not lives[list] then call('ZREMRANGEBYSCORE', list, '-inf', past) end
    if before == -1 then over = longestOf(list) end
    local life = over - now
    if over == math.huge then
      if before >= 0 then call('PERSIST', list) end
      life = -1
    elseif before < 0 then
      life = expire(list, math.max(life, 0) + 1)
    elseif before <= life then
      life = expire(list, prolonged(life))
    else
      life = before
    end
    lives[list] = life
  end

  -- Never more than twenty thousand at a time: some milliseconds.
  local function clear(set, list)
    for _ = 1, 20 do
      local gone = call('ZRANGE', list, '-inf', past, 'BYSCORE', 'LIMIT', '0', '1000')
      if #gone > 0 then
        call('SREM', set, unpack(gone))
        call('ZREM', list, unpack(gone))
      end
      if #gone < 1000 then break end
    end
  end

  -- What others took off the set goes off the list as well, or their own members would not show in the numbers; of a long list, where
  -- to look takes longer than all the rest, it stays until it ends.
  local function compare(set, list)
    if call('ZCARD', list) > 32 then return end
    local known = call('ZRANGE', list, '0', '-1')
    if #known == 0 then return end
    for i, there in ipairs(call('SMISMEMBER', set, unpack(known))) do
      if there == 0 then call('ZREM', list, known[i]) end
    end
  end

  -- The same for a set.
  local function lookAfterSet(set, list, before, over, isEndless)
    if before ~= -2 then clear(set, list) end
    if isEndless then
      if before ~= -1 then call('PERSIST', set) end
      call('PERSIST', list)
      return
    end
    local isEqual = call('SCARD', set) == call('ZCARD', list)
    if isEqual and before > over - now then return end
    local life
    if isEqual and before == -2 then
      if over == math.huge then return end
      life = math.max(over - now, 0) + 1
    else
      if before == -2 then clear(set, list) end
      compare(set, list)
      over = longestOf(list)
      -- Others count on what they have added.
      if over == math.huge or call('SCARD', set) > call('ZCARD', list) then
        call('PERSIST', list)
        call('PERSIST', set)
        return
      end
      life = prolonged(over - now)
    end
    expire(list, life)
    expire(set, life)
  end

  listing = {
    addTo = addTo,
    ends = ends,
    learn = learn,
    lives = lives,
    lookAfterSet = lookAfterSet,
    scored = scored,
    zadd = zadd,
  }
  return listing
end

-- One call: its deadline, its first key, its first argument and its last one. Where it is done, and has no value to tell, it returns
-- how many entries it deleted.
local function carryOut(deadline, k, a, last)
  if now > tonumber(deadline) then return {'late', now} end
  local took, told
  local deleted = 0
  while a <= last do
    local verb, key = ARGV[a], KEYS[k]
    if verb == 'set' then
      if ARGV[a + 2] == '' then call('SET', key, ARGV[a + 1]) else call('SET', key, ARGV[a + 1], 'PX', ARGV[a + 2]) end
      k, a = k + 1, a + 3

    elseif verb == 'place' then
      local life = ARGV[a + 2]
      if life == '' then call('SET', key, ARGV[a + 1])
      else
        local lists = listing or makeListing()
        if not lists.ends[life] then lists.learn(life) end
        call('SET', key, ARGV[a + 1], 'PXAT', lists.ends[life])
      end
      k, a = k + 1, a + 3

    elseif verb == 'place early' then
      local life = ARGV[a + 2]
      if life == '' then call('SET', key, ARGV[a + 1])
      elseif life + deadline > now then call('SET', key, ARGV[a + 1], 'PXAT', life + deadline)
      else call('DEL', key) end
      k, a = k + 1, a + 3

    elseif verb == 'del' then
      local entries = tonumber(ARGV[a + 1])
      deleted = deleted + call('DEL', unpack(KEYS, k, k + entries - 1))
      k, a = k + entries, a + 2

    elseif verb == 'retire' then
      -- It removes first: what is to go can go from a server that is full.
      local life = call('PTTL', key)
      deleted = deleted + call('DEL', key)
      if life == -1 then call('SET', KEYS[k + 1], '0:')
      elseif life >= 0 then call('SET', KEYS[k + 1], '0:', 'PX', math.max(1, life)) end
      k, a = k + 2, a + 1

    elseif verb == 'take' then
      local marker, mine = KEYS[k + 1], #ARGV[a + 1] .. ':' .. ARGV[a + 1]
      local value = call('GET', key)
      if not value then
        local mark = call('GET', marker)
        if not mark then return {'absent', now} end
        if string.sub(mark, 1, #mine) == mine then return {'again', now, 0, string.sub(mark, #mine + 1)} end
        local length, rest = string.match(mark, '^(%d+):()')
        return {'used', now, 0, string.sub(mark, rest + length)}
      end
      if not string.find(value, ARGV[a + 3], 1, true) then return {'refused', now} end
      took = {key = key, marker = marker, mine = mine, remember = tonumber(ARGV[a + 2]), value = value}
      k, a = k + 2, a + 4

    elseif verb == 'mark' then
      local life = math.max(took.remember, call('PTTL', took.key), 1)
      call('SET', took.marker, took.mine .. took.value, 'PX', string.format('%d', life))
      call('DEL', took.key)
      if ARGV[a + 1] == 'tell' then told = took.value end
      a = a + 2

    elseif verb == 'equals' then
      if call('GET', key) ~= ARGV[a + 1] then return {'failed', now} end
      k, a = k + 1, a + 2

    elseif verb == 'holds' then
      local fields = tonumber(ARGV[a + 1])
      if call('TYPE', key).ok ~= 'hash' or call('HLEN', key) ~= fields then return {'failed', now} end
      for i = a + 2, a + 2 * fields, 2 do
        if call('HGET', key, ARGV[i]) ~= ARGV[i + 1] then return {'failed', now} end
      end
      k, a = k + 1, a + 2 + 2 * fields

    elseif verb == 'absent' then
      local entries = tonumber(ARGV[a + 1])
      if call('EXISTS', unpack(KEYS, k, k + entries - 1)) > 0 then return {'failed', now} end
      k, a = k + entries, a + 2

    elseif verb == 'tag' or verb == 'early' then
      local lists, isEarly = listing or makeListing(), verb == 'early'
      local count, members = tonumber(ARGV[a + 1]), tonumber(ARGV[a + 2])
      local scores, over = lists.scored(a + 3, members, isEarly and deadline + ARGV[2])
      for i = k, k + count - 1 do
        lists.addTo(KEYS[i], scores, over, isEarly)
      end
      k, a = k + count, a + 3 + 2 * members

    elseif verb == 'share' or verb == 'share early' or verb == 'keep' or verb == 'keep early' then
      local lists, isEarly = listing or makeListing(), verb == 'share early' or verb == 'keep early'
      local list, members = KEYS[k + 1], tonumber(ARGV[a + 1])
      local scores, over = lists.scored(a + 2, members, isEarly and deadline + ARGV[2])
      local names = {}
      for i = 1, members do names[i] = scores[2 * i] end
      local before = call('PTTL', key)
      call('SADD', key, unpack(names))
      lists.zadd(list, scores, isEarly)
      lists.lookAfterSet(key, list, before, over, verb == 'keep' or verb == 'keep early')
      k, a = k + 2, a + 2 + 2 * members

    elseif verb == 'untag' then
      call('ZREM', key, ARGV[a + 1])
      if listing then listing.lives[key] = nil end
      k, a = k + 1, a + 2

    elseif verb == 'unshare' then
      call('SREM', key, ARGV[a + 1])
      call('ZREM', KEYS[k + 1], ARGV[a + 1])
      k, a = k + 2, a + 2

    else
      return redis.error_reply('ERR no such verb')
    end
  end
  if not told then return deleted end
  return {'done', now, deleted, told}
end

if ARGV[1] ~= '' then
  local reply = carryOut(ARGV[1], 1, 3, #ARGV - 1)
  if reply == 0 then return stamp end
  if type(reply) == 'number' then return {'done', stamp, reply} end
  reply[2] = stamp
  return reply
end

local replies, plain = {'joined', stamp}, true
local function add(ok, reply)
  if not ok then
    local message = type(reply) == 'table' and reply.err or reply
    -- What does not begin with a code is wrapped as it is where it leaves a script.
    if not string.match(message, '^%u+ ') then message = 'ERR Error running script: ' .. message end
    reply = {'error', now, 0, message}
  end
  if reply ~= 0 then plain = false end
  replies[#replies + 1] = reply
end

local k, a = 1, 3
while a < #ARGV do
  local deadline, count = ARGV[a], tonumber(ARGV[a + 2])
  if ARGV[a + 1] == 'sets' then
    for i = a + 3, a + 1 + 2 * count, 2 do
      if now > tonumber(deadline) then add(true, {'late', now})
      else
        local set
        if ARGV[i + 1] == '' then set = redis.pcall('SET', KEYS[k], ARGV[i])
        else set = redis.pcall('SET', KEYS[k], ARGV[i], 'PX', ARGV[i + 1]) end
        if set.err then add(false, set) else add(true, 0) end
      end
      k = k + 1
    end
    a = a + 3 + 2 * count
  elseif ARGV[a + 1] == 'dels' then
    for i = k, k + count - 1 do
      if now > tonumber(deadline) then add(true, {'late', now})
      else
        local deleted = redis.pcall('DEL', KEYS[i])
        add(type(deleted) == 'number', deleted)
      end
    end
    k, a = k + count, a + 3
  else
    local keys, calls = tonumber(ARGV[a + 1]), tonumber(ARGV[a + 3])
    a = a + 4
    for _ = 1, calls do
      add(pcall(carryOut, deadline, k, a, a + count - 1))
      k, a = k + keys, a + count
    end
  end
end
if plain then return stamp end
return replies
`;

/** By which a server knows the script. */
export const SCRIPT_SHA: string = createHash('sha1').update(SCRIPT).digest('hex');

export interface ScriptReply {
  readonly outcome: 'done' | 'late' | 'failed' | 'again' | 'used' | 'refused' | 'absent' | 'error';
  /** By the server's clock, in ms. */
  readonly time: number;
  /** How many of the deleted entries were there. */
  readonly deleted: number;
  /** What was taken, now or before; of an error, what the server said. */
  readonly value: string;
}

/**
 * Reads what the script returned for the call of this number; a client that is set up for it gives numbers as strings.
 *
 * @throws OAuthDatabaseError `OAUTHDB_UNAVAILABLE` for the answer to another call.
 */
export function parseReply(raw: unknown, call: number): ScriptReply {
  return withTime(Array.isArray(raw) ? raw : ['done', raw], timeOf(raw, call));
}

/** Reads what the script returned for `count` calls: the server's time, and of each call the reply. */
export function parseReplies(
  raw: unknown,
  count: number,
  call: number,
): { readonly time: number; readonly replies: readonly ScriptReply[] } {
  const time = timeOf(raw, call);
  if (!Array.isArray(raw)) {
    const done = withTime(['done'], time);
    return { time, replies: Array.from({ length: count }, () => done) };
  }
  const [outcome, , ...replies] = raw as readonly unknown[];
  if (outcome !== 'joined' || replies.length !== count) throw notStringsError();
  return {
    time,
    replies: replies.map((one) => withTime(Array.isArray(one) ? one : ['done', time, one], time)),
  };
}

function withTime(reply: readonly unknown[], time: number): ScriptReply {
  const [outcome, , deleted, value] = reply;
  if (typeof outcome !== 'string') throw notStringsError();
  return {
    outcome: outcome as ScriptReply['outcome'],
    time,
    deleted: Number(deleted ?? 0),
    value: typeof value === 'string' ? value : '',
  };
}

/** The server's time, of an answer to this call. */
function timeOf(raw: unknown, call: number): number {
  const stamp = Number(Array.isArray(raw) ? raw[1] : raw);
  if (!(stamp >= CALLS) || stamp % CALLS !== call) throw misledError();
  return Math.floor(stamp / CALLS);
}
