import { createHash } from 'node:crypto';
import { notStringsError } from './errors.ts';

/**
 * The one script: it carries a list of operations out, in one step, unless it comes too late or one of them asks in vain; or
 * several such lists, one after the other.
 */
export const SCRIPT: string = `
-- Carries operations out in their order, as one step. Those that ask stand in front of those that write: the first one that
-- asks in vain ends the script, and nothing has been written.
--
-- ARGV[1] is when the caller stops waiting, by this server's clock, in ms: later than that the script does nothing. In truth it is
-- up to ARGV[2] ms later.
-- Each operation follows, its verb and then its arguments; its keys are the next ones of KEYS. A life is in ms, '' for ever.
-- Where an entry is listed in one step and put in a later one, both lives are counted from ARGV[1], so that what is under way for
-- long lives no longer: the entry ends there at the latest, and is listed till then at the least.
--
-- Where ARGV[1] is '', it carries out several calls, each as if it came alone: what fails or asks in vain ends one of them.
-- They follow in place of the operations, with a deadline each:
--
--   deadline, number of keys, number of arguments, operations
--   deadline, 'sets', number of calls, and of each the value and the life: calls that have one set each and no more
--
-- Where ARGV[1] is 'left', it tells how long each of KEYS still lives, as PTTL does, and that is all.
--
--   asks:   absent             entry
--           fresh              entry, marker                             neither is there
--           equals             entry          value
--           holds              hash           number of fields, and of each the name and the value
--           take               entry, marker  attempt, remember, needle   once at most; the value must contain the needle
--   writes: mark                                                          does what take asked for
--           tag                list           member, life, early or ''   a sorted set; early: for an entry of a later step, and
--                                                                         never for a shorter time than the member is listed
--           share              set, expiry    member, life, early or ''   a set that others use too, and its members' expiries
--           keep               set, expiry    member, life, early or ''   the same, of a set that never ends by itself
--           set                entry          value, life                 an entry that is not listed
--           place              entry          value, life, early or ''    one that is: it ends when its lists drop it; early: they
--                                                                         had it in an earlier step
--           del                entry
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
-- Returns { outcome, the server's time in ms, how many entries were deleted, the value that was taken }. Outcomes: done, late,
-- failed (a check), and of take: again (this attempt took it before), used (another did), refused, absent. Where all is done and
-- there is no more to say, it returns the time alone, which is faster. Of several calls it returns { 'joined', the time, what each
-- returns }, or the time alone where all of them do; one that fails returns { 'error', the time, 0, the message }.

local call, KEYS, ARGV = redis.call, KEYS, ARGV
if ARGV[1] == 'left' then
  local left = {}
  for i, key in ipairs(KEYS) do left[i] = call('PTTL', key) end
  return left
end

local clock = call('TIME')
local now = clock[1] * 1000 + clock[2] / 1000
now = now - now % 1
local past = '(' .. now

-- One call: its deadline, its first key, its first argument and its last one.
local function carryOut(deadline, k, a, last)
  if now > tonumber(deadline) then return {'late', now} end
  local took, value
  local deleted = 0
  while a <= last do
    local verb, key = ARGV[a], KEYS[k]
    if verb == 'set' then
      if ARGV[a + 2] == '' then call('SET', key, ARGV[a + 1]) else call('SET', key, ARGV[a + 1], 'PX', ARGV[a + 2]) end
      k, a = k + 1, a + 3

    elseif verb == 'place' then
      local life, from = ARGV[a + 2], ARGV[a + 3] ~= '' and deadline or now
      if life == '' then call('SET', key, ARGV[a + 1])
      elseif life + from > now then call('SET', key, ARGV[a + 1], 'PXAT', life + from)
      else call('DEL', key) end
      k, a = k + 1, a + 4

    elseif verb == 'del' then
      deleted = deleted + call('DEL', key)
      k, a = k + 1, a + 1

    elseif verb == 'retire' then
      -- It removes first: what is to go can go from a server that is full.
      local life = call('PTTL', key)
      deleted = deleted + call('DEL', key)
      if life == -1 then call('SET', KEYS[k + 1], '0:')
      elseif life >= 0 then call('SET', KEYS[k + 1], '0:', 'PX', math.max(1, life)) end
      k, a = k + 2, a + 1

    elseif verb == 'take' then
      local marker, mine = KEYS[k + 1], #ARGV[a + 1] .. ':' .. ARGV[a + 1]
      value = call('GET', key)
      if not value then
        local mark = call('GET', marker)
        if not mark then return {'absent', now} end
        if string.sub(mark, 1, #mine) == mine then return {'again', now, 0, string.sub(mark, #mine + 1)} end
        local length, rest = string.match(mark, '^(%d+):()')
        return {'used', now, 0, string.sub(mark, rest + length)}
      end
      if not string.find(value, ARGV[a + 3], 1, true) then return {'refused', now} end
      took = {key = key, marker = marker, mine = mine, remember = tonumber(ARGV[a + 2])}
      k, a = k + 2, a + 4

    elseif verb == 'mark' then
      local life = math.max(took.remember, call('PTTL', took.key), 1)
      call('SET', took.marker, took.mine .. value, 'PX', life)
      call('DEL', took.key)
      a = a + 1

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
      if call('EXISTS', key) == 1 then return {'failed', now} end
      k, a = k + 1, a + 1

    elseif verb == 'fresh' then
      if call('EXISTS', key, KEYS[k + 1]) > 0 then return {'failed', now} end
      k, a = k + 2, a + 1

    elseif verb == 'tag' or verb == 'share' or verb == 'keep' then
      local set = verb ~= 'tag' and key
      local list = set and KEYS[k + 1] or key
      local member, life, early = ARGV[a + 1], ARGV[a + 2], ARGV[a + 3] ~= ''
      local score = life == '' and '+inf' or (early and deadline + ARGV[2] or now) + life
      if set then call('SADD', set, member) end
      if early then call('ZADD', list, 'GT', score, member) else call('ZADD', list, score, member) end
      -- Of several members of one list in a row, the last one looks after it.
      if a + 4 > last or ARGV[a + 4] ~= verb or KEYS[k + (set and 2 or 1)] ~= key then
        if set then
          -- Never more than twenty thousand at a time: some milliseconds.
          for _ = 1, 20 do
            local gone = call('ZRANGE', list, '-inf', past, 'BYSCORE', 'LIMIT', 0, 1000)
            if #gone == 0 then break end
            call('SREM', set, unpack(gone))
            call('ZREM', list, unpack(gone))
          end
          -- What others took off the set goes off the list as well, or their own members would not show in the numbers below; of
          -- a long list, where to look takes longer than all the rest, it stays until it ends.
          local known = call('ZCARD', list) <= 32 and call('ZRANGE', list, 0, -1) or {}
          if #known > 0 then
            for i, there in ipairs(call('SMISMEMBER', set, unpack(known))) do
              if there == 0 then call('ZREM', list, known[i]) end
            end
          end
        else
          call('ZREMRANGEBYSCORE', list, '-inf', past)
        end
        -- It lives as long as its longest member, and for ever if it has a member of somebody else's.
        local longest = call('ZRANGE', list, -1, -1, 'WITHSCORES')[2] or now
        if longest == 'inf' or verb == 'keep' or set and call('SCARD', set) > call('ZCARD', list) then
          call('PERSIST', list)
          if set then call('PERSIST', set) end
        else
          life = math.max(1, tonumber(longest) - now)
          call('PEXPIRE', list, life)
          if set then call('PEXPIRE', set, life) end
        end
      end
      k, a = k + (set and 2 or 1), a + 4

    elseif verb == 'untag' then
      call('ZREM', key, ARGV[a + 1])
      k, a = k + 1, a + 2

    elseif verb == 'unshare' then
      call('SREM', key, ARGV[a + 1])
      call('ZREM', KEYS[k + 1], ARGV[a + 1])
      k, a = k + 2, a + 2

    else
      return redis.error_reply('ERR no such verb')
    end
  end
  if deleted == 0 and not value then return now end
  return {'done', now, deleted, value}
end

if ARGV[1] ~= '' then return carryOut(ARGV[1], 1, 3, #ARGV) end

local replies, plain = {'joined', now}, true
local function add(ok, reply)
  if not ok then
    local message = type(reply) == 'table' and reply.err or reply
    -- What does not begin with a code is wrapped as it is where it leaves a script.
    if not string.match(message, '^%u+ ') then message = 'ERR Error running script: ' .. message end
    reply = {'error', now, 0, message}
  end
  if reply ~= now then plain = false end
  replies[#replies + 1] = reply
end

local k, a = 1, 3
while ARGV[a] do
  local deadline, count = ARGV[a], tonumber(ARGV[a + 2])
  if ARGV[a + 1] == 'sets' then
    for i = a + 3, a + 1 + 2 * count, 2 do
      if now > tonumber(deadline) then add(true, {'late', now})
      else
        local set
        if ARGV[i + 1] == '' then set = redis.pcall('SET', KEYS[k], ARGV[i])
        else set = redis.pcall('SET', KEYS[k], ARGV[i], 'PX', ARGV[i + 1]) end
        if set.err then add(false, set) else add(true, now) end
      end
      k = k + 1
    end
    a = a + 3 + 2 * count
  else
    add(pcall(carryOut, deadline, k, a + 3, a + 2 + count))
    k, a = k + tonumber(ARGV[a + 1]), a + 3 + count
  end
end
if plain then return now end
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

/** Reads what the script returned; a client that is set up for it gives numbers as strings. */
export function parseReply(raw: unknown): ScriptReply {
  if (!Array.isArray(raw)) return { outcome: 'done', time: Number(raw), deleted: 0, value: '' };
  const [outcome, time, deleted, value] = raw as readonly unknown[];
  if (typeof outcome !== 'string') throw notStringsError();
  return {
    outcome: outcome as ScriptReply['outcome'],
    time: Number(time),
    deleted: Number(deleted ?? 0),
    value: typeof value === 'string' ? value : '',
  };
}

/** Reads what the script returned for `count` calls: the server's time, and of each call the reply. */
export function parseReplies(
  raw: unknown,
  count: number,
): { readonly time: number; readonly replies: readonly ScriptReply[] } {
  if (!Array.isArray(raw)) {
    const all = parseReply(raw);
    return { time: all.time, replies: Array.from({ length: count }, () => all) };
  }
  const [outcome, time, ...replies] = raw as readonly unknown[];
  if (outcome !== 'joined' || replies.length !== count) throw notStringsError();
  return { time: Number(time), replies: replies.map(parseReply) };
}
