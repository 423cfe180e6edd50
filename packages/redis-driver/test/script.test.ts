import { beforeEach, describe, expect, it } from 'vitest';
import { CALLS, SCRIPT } from '../src/script.ts';
import { connect, namespace } from './server.ts';

const FAR = String(Date.now() + 3_600_000);

let redis: ReturnType<typeof connect>;
let ns: string;

beforeEach(() => {
  redis = connect();
  ns = namespace();
});

const key = (name: string): string => ns + name;

/** The number of the call. */
const CALL = '7';

/** Runs operations; what they return without the stamp. A stamp alone says that all is done. */
async function run(names: string[], ...args: string[]): Promise<unknown[]> {
  const reply = await redis.eval(SCRIPT, names.length, ...names.map(key), FAR, '10', ...args, CALL);
  const [outcome, stamp, ...rest] = Array.isArray(reply) ? (reply as unknown[]) : ['done', reply];
  expect(Number(stamp) % CALLS).toBe(Number(CALL));
  expect(Math.abs(Number(stamp) / CALLS - Date.now())).toBeLessThan(5000);
  return [outcome, ...rest];
}

const life = (name: string): Promise<number> => redis.pttl(key(name));

/** Whether so many milliseconds are left, but for those since. */
function about(ms: number): (left: number) => boolean {
  return (left) => left <= ms + 5 && left > ms - 900;
}

describe('the script', () => {
  it('does nothing when it is late, and says what time it is', async () => {
    const late = await redis.eval(SCRIPT, 1, key('k'), String(Date.now() - 5000), '0', 'set', 'v', '', CALL);
    expect(late).toEqual(['late', expect.any(Number)]);
    expect(await redis.exists(key('k'))).toBe(0);
  });

  it('does nothing of several calls for those that are late, whatever their form', async () => {
    await redis.mset(key('c'), '1', key('d'), '1');
    const past = String(Date.now() - 5000);
    const calls = [
      ...[past, 'sets', '1', 'v', '', FAR, 'sets', '1', 'v', ''],
      ...[past, 'dels', '1', FAR, 'dels', '1', past, '1', '2', '1', 'del', '1'],
    ];
    const keys = ['a', 'b', 'c', 'd', 'c'].map(key);
    const late = ['late', expect.any(Number)];
    const replies = await redis.eval(SCRIPT, keys.length, ...keys, '', '0', ...calls, CALL);
    expect(replies).toEqual(['joined', expect.any(Number), late, 0, late, 1, late]);
    expect(await redis.mget(...keys)).toEqual([null, 'v', '1', null, '1']);
  });

  it('set: with a life, and without one in place of it', async () => {
    expect(await run(['k'], 'set', 'v', '5000')).toEqual(['done']);
    expect(await redis.get(key('k'))).toBe('v');
    expect(await redis.pttl(key('k'))).toBeGreaterThan(4000);
    await run(['k'], 'set', 'w', '');
    expect(await redis.pttl(key('k'))).toBe(-1);
  });

  it('place: with a life from now, or from the deadline, when it may be over', async () => {
    await run(['k'], 'place', 'v', '5000');
    expect(await redis.pttl(key('k'))).toBeLessThanOrEqual(5000);
    await run(['k'], 'place early', 'v', '-3500000');
    const left = await redis.pttl(key('k'));
    expect(left > 5000 && left <= 100_000).toBe(true);
    await run(['k'], 'place early', 'v', '-3700000');
    expect(await redis.exists(key('k'))).toBe(0);
    await run(['k'], 'place', 'v', '');
    expect(await redis.pttl(key('k'))).toBe(-1);
  });

  it('del: counts what was there', async () => {
    await redis.mset(key('a'), '1', key('b'), '2');
    expect(await run(['a', 'none', 'b'], 'del', '1', 'del', '2')).toEqual(['done', 2]);
  });

  it('retire: deletes what there is and leaves the memory of a use, for as long as it would have lived', async () => {
    await redis.set(key('k'), 'v', 'PX', 9000);
    expect(await run(['k', 'm', 'none', 'n'], 'retire', 'retire')).toEqual(['done', 1]);
    expect(await redis.exists(key('k'), key('none'), key('n'))).toBe(0);
    const left = await redis.pttl(key('m'));
    expect(left > 8000 && left <= 9000).toBe(true);
    expect(await run(['k', 'm'], 'take', 'a', '1000', '', 'mark')).toEqual(['used', 0, '']);
    // A repeat leaves the memory as it is.
    expect(await run(['k', 'm'], 'retire')).toEqual(['done']);
    expect(await redis.get(key('m'))).toBe('0:');
    await redis.set(key('k'), 'v');
    expect(await run(['k', 'm'], 'retire')).toEqual(['done', 1]);
    expect(await redis.pttl(key('m'))).toBe(-1);
  });

  it('equals and absent: ask before anything is written', async () => {
    await redis.set(key('a'), '1');
    expect(await run(['a', 'b'], 'equals', '2', 'set', 'v', '')).toEqual(['failed']);
    expect(await run(['none', 'b'], 'equals', '', 'set', 'v', '')).toEqual(['failed']);
    expect(await run(['a', 'b'], 'absent', '1', 'set', 'v', '')).toEqual(['failed']);
    expect(await run(['none', 'a', 'b'], 'absent', '2', 'set', 'v', '')).toEqual(['failed']);
    expect(await redis.exists(key('b'))).toBe(0);
    const asking = ['equals', '1', 'absent', '2', 'set', 'v', ''];
    expect(await run(['a', 'none', 'neither', 'b'], ...asking)).toEqual(['done']);
    expect(await redis.get(key('b'))).toBe('v');
  });

  it('take and mark: once, again for the same attempt, and with a memory', async () => {
    const take = (attempt: string, needle = ''): Promise<unknown[]> =>
      run(['k', 'm'], 'take', attempt, '1000', needle, 'mark', 'tell');
    expect(await take('a')).toEqual(['absent']);
    await redis.set(key('k'), '7:a value%', 'PX', 9000);
    expect(await take('a', 'value.')).toEqual(['refused']);
    expect(await redis.get(key('k'))).toBe('7:a value%');
    expect(await take('a', 'value%')).toEqual(['done', 0, '7:a value%']);
    expect(await redis.exists(key('k'))).toBe(0);
    expect(await redis.pttl(key('m'))).toBeGreaterThan(8000);
    expect(await take('a')).toEqual(['again', 0, '7:a value%']);
    expect(await take('')).toEqual(['used', 0, '7:a value%']);
    expect(await take('a7:a')).toEqual(['used', 0, '7:a value%']);
  });

  it('take without mark: only looks', async () => {
    await redis.set(key('k'), 'v');
    expect(await run(['k', 'm'], 'take', 'a', '1000', '')).toEqual(['done']);
    expect(await redis.exists(key('k'), key('m'))).toBe(1);
    expect(await run(['k', 'm'], 'take', 'a', '1000', '', 'mark', '')).toEqual(['done']);
    const left = await redis.pttl(key('m'));
    expect(left > 0 && left <= 1000).toBe(true);
  });

  it('tag and untag: a sorted set that drops what has expired and lives as long as its longest member', async () => {
    await redis.zadd(key('t'), Date.now() - 1000, 'gone', Date.now() + 500_000, 'here');
    await run(['t'], 'tag', '1', '1', 'new', '200000');
    expect(await redis.zrange(key('t'), '0', '-1')).toEqual(['new', 'here']);
    expect(await life('t')).toSatisfy(about(500_000));
    await run(['t'], 'early', '1', '1', 'new', '-3599000');
    expect(Number(await redis.zscore(key('t'), 'new'))).toBeGreaterThan(Date.now() + 100_000);
    await run(['t'], 'early', '1', '1', 'new', '1000');
    expect(await redis.zscore(key('t'), 'new')).toBe(String(Number(FAR) + 1010));
    await run(['early'], 'early', '1', '1', 'over', '-3700000');
    expect(await redis.zcard(key('early'))).toBeLessThanOrEqual(1);
    expect(await life('early')).toBeLessThan(10);
    await run(['t'], 'tag', '1', '1', 'ever', '');
    expect(await redis.zscore(key('t'), 'ever')).toBe('inf');
    expect(await life('t')).toBe(-1);
    await run(['t'], 'untag', 'ever');
    expect((await redis.zrange(key('t'), '0', '-1')).toSorted()).toEqual(['here', 'new']);
    await run(['t'], 'tag', '1', '1', 'last', '1000');
    expect(await life('t')).toSatisfy(about(Number(FAR) - Date.now() + 1010));
  });

  it('tag: several members of several lists', async () => {
    await redis.zadd(key('t'), Date.now() - 1000, 'gone', Date.now() + 20_000, 'there');
    await run(['t', 'u'], 'tag', '2', '3', 'long', '9000', 'short', '2000', 'x', '1000');
    expect(await redis.zrange(key('t'), '0', '-1')).toEqual(['x', 'short', 'long', 'there']);
    expect(await redis.zrange(key('u'), '0', '-1')).toEqual(['x', 'short', 'long']);
    expect(await life('t')).toSatisfy(about(20_000));
    expect(await life('u')).toSatisfy(about(9000));
  });

  it('tag: prolongs a list to somewhat more than it needs, and then not until it needs more than that', async () => {
    const tag = (member: string, ms: string): Promise<unknown> => run(['t'], 'tag', '1', '1', member, ms);
    await tag('a', '80000');
    expect(await life('t')).toSatisfy(about(80_000));
    await tag('b', '160000');
    expect(await life('t')).toSatisfy(about(170_000));
    await tag('c', '165000');
    expect(await life('t')).toSatisfy(about(170_000));
    await tag('d', '320000');
    expect(await life('t')).toSatisfy(about(340_000));
  });

  it('share, several members at once: looks after the set once, for all of them', async () => {
    await redis.sadd(key('s'), 'gone');
    await redis.zadd(key('e'), Date.now() - 1000, 'gone');
    await run(['s', 'e'], 'share', '2', 'long', '9000', 'short', '2000');
    expect((await redis.smembers(key('s'))).toSorted()).toEqual(['long', 'short']);
    for (const name of ['s', 'e']) expect(await life(name)).toSatisfy(about(9563));
  });

  it('share and unshare: a set, and beside it a sorted set, with the same members and life', async () => {
    await redis.sadd(key('s'), 'gone');
    await redis.zadd(key('e'), Date.now() - 1000, 'gone');
    await run(['s', 'e'], 'share', '1', 'a', '5000');
    expect(await redis.smembers(key('s'))).toEqual(['a']);
    expect(await redis.zrange(key('e'), '0', '-1')).toEqual(['a']);
    for (const name of ['s', 'e']) expect(await life(name)).toSatisfy(about(5313));
    await run(['s', 'e'], 'share', '1', 'b', '');
    expect(await life('s')).toBe(-1);
    await run(['s', 'e', 's', 'e'], 'unshare', 'b', 'share', '1', 'a', '9000');
    expect(await life('s')).toSatisfy(about(9563));
    await run(['s', 'e'], 'unshare', 'a');
    expect(await redis.exists(key('s'), key('e'))).toBe(0);
    await run(['s', 'e'], 'share', '1', 'c', '7000');
    for (const name of ['s', 'e']) expect(await life(name)).toSatisfy(about(7000));
    await run(['s', 'e'], 'share early', '1', 'c', '-3599000');
    expect(Number(await redis.zscore(key('e'), 'c'))).toBeGreaterThan(Date.now() + 5000);
  });

  it('share: lets a set that others have deleted end, though its members’ expiries are still there', async () => {
    await run(['s', 'e'], 'share', '1', 'old', '9000');
    await redis.del(key('s'));
    await run(['s', 'e'], 'share', '1', 'new', '5000');
    expect(await redis.zrange(key('e'), '0', '-1')).toEqual(['new']);
    for (const name of ['s', 'e']) expect(await life(name)).toSatisfy(about(5313));
  });

  it('share: lets a set with a member of somebody else’s live for ever, and not once that is gone', async () => {
    await redis.sadd(key('s'), 'theirs');
    await run(['s', 'e'], 'share', '1', 'ours', '5000');
    expect((await redis.smembers(key('s'))).toSorted()).toEqual(['ours', 'theirs']);
    expect([await life('s'), await life('e')]).toEqual([-1, -1]);
    await redis.srem(key('s'), 'theirs');
    await run(['s', 'e'], 'share', '1', 'ours', '5000');
    expect(await life('s')).toSatisfy(about(5313));
    await redis.sadd(key('s'), 'theirs');
    await run(['s', 'e'], 'share', '1', 'ours', '1000');
    expect([await life('s'), await life('e')]).toEqual([-1, -1]);
  });

  it('keep: a set that never ends by itself, whose members do', async () => {
    await run(['s', 'e'], 'share', '1', 'old', '5000');
    await redis.zadd(key('e'), Date.now() - 1000, 'old');
    await run(['s', 'e'], 'keep', '1', 'new', '5000');
    expect(await redis.smembers(key('s'))).toEqual(['new']);
    expect([await life('s'), await life('e')]).toEqual([-1, -1]);
  });

  it('tells of a verb that it does not know', async () => {
    await expect(run(['k'], 'flush')).rejects.toThrow('no such verb');
  });
});
