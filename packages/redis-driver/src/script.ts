import { createHash } from 'node:crypto';
import { notStringsError } from './errors.ts';

/** The one script: it carries a list of operations out, in one step, unless it comes too late or one of them asks in vain. */
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
--   asks:   absent             entry
--           equals             entry          value
--           take               entry, marker  attempt, remember, needle   once at most; the value must contain the needle
--   writes: mark                                                          does what take asked for
--           tag                list           member, life, early or ''   a sorted set; early: for an entry of a later step, and
--                                                                         never for a shorter time than the member is listed
--           share              set, expiry    member, life, early or ''   a set that others use too, and its members' expiries
--           set                entry          value, life                 an entry that is not listed
--           place              entry          value, life, early or ''    one that is: it ends when its lists drop it; early: they
--                                                                         had it in an earlier step
--           del                entry
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
-- there is no more to say, it returns the time alone, which is faster.

local call, KEYS, ARGV = redis.call, KEYS, ARGV
local clock = call('TIME')
local now = clock[1] * 1000 + clock[2] / 1000
now = now - now % 1
if now > tonumber(ARGV[1]) then return {'late', now} end

local took, value
local deleted = 0
local k, a = 1, 3
while ARGV[a] do
  local verb, key = ARGV[a], KEYS[k]
  if verb == 'set' then
    if ARGV[a + 2] == '' then call('SET', key, ARGV[a + 1]) else call('SET', key, ARGV[a + 1], 'PX', ARGV[a + 2]) end
    k, a = k + 1, a + 3

  elseif verb == 'place' then
    local life, from = ARGV[a + 2], ARGV[a + 3] ~= '' and ARGV[1] or now
    if life == '' then call('SET', key, ARGV[a + 1])
    elseif life + from > now then call('SET', key, ARGV[a + 1], 'PXAT', life + from)
    else call('DEL', key) end
    k, a = k + 1, a + 4

  elseif verb == 'del' then
    deleted = deleted + call('DEL', key)
    k, a = k + 1, a + 1

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

  elseif verb == 'absent' then
    if call('EXISTS', key) == 1 then return {'failed', now} end
    k, a = k + 1, a + 1

  elseif verb == 'tag' or verb == 'share' then
    local set = verb == 'share' and key
    local list = set and KEYS[k + 1] or key
    local member, life, early = ARGV[a + 1], ARGV[a + 2], ARGV[a + 3] ~= ''
    local score = life == '' and '+inf' or (early and ARGV[1] + ARGV[2] or now) + life
    if set then call('SADD', set, member) end
    if early then call('ZADD', list, 'GT', score, member) else call('ZADD', list, score, member) end
    if set then
      -- Never more than twenty thousand at a time: some milliseconds.
      for _ = 1, 20 do
        local gone = call('ZRANGE', list, '-inf', '(' .. now, 'BYSCORE', 'LIMIT', 0, 1000)
        if #gone == 0 then break end
        call('SREM', set, unpack(gone))
        call('ZREM', list, unpack(gone))
      end
      -- What others took off the set goes off the list as well, or their own members would not show in the numbers below; of
      -- a long list it stays until it ends.
      local known = call('ZRANGE', list, 0, 128)
      if #known > 0 and #known <= 128 then
        for i, there in ipairs(call('SMISMEMBER', set, unpack(known))) do
          if there == 0 then call('ZREM', list, known[i]) end
        end
      end
    else
      call('ZREMRANGEBYSCORE', list, '-inf', '(' .. now)
    end
    -- It lives as long as its longest member, and for ever if it has a member of somebody else's.
    local last = call('ZRANGE', list, -1, -1, 'WITHSCORES')[2] or now
    if last == 'inf' or set and call('SCARD', set) > call('ZCARD', list) then
      call('PERSIST', list)
      if set then call('PERSIST', set) end
    else
      life = math.max(1, tonumber(last) - now)
      call('PEXPIRE', list, life)
      if set then call('PEXPIRE', set, life) end
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
`;

/** By which a server knows the script. */
export const SCRIPT_SHA: string = createHash('sha1').update(SCRIPT).digest('hex');

export interface ScriptReply {
  readonly outcome: 'done' | 'late' | 'failed' | 'again' | 'used' | 'refused' | 'absent';
  /** By the server's clock, in ms. */
  readonly time: number;
  /** How many of the deleted entries were there. */
  readonly deleted: number;
  /** What was taken, now or before. */
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
