import { setTimeout as sleep } from 'node:timers/promises';
import type { Put } from '@oauthdb/core';
import { startPrivateServer } from '@oauthdb/test-redis/server';
import type {} from '@oauthdb/test-redis/setup';
import { Redis } from 'ioredis';
import { beforeEach, describe, expect, inject, it, onTestFinished } from 'vitest';
import { IoredisClient, RedisDriver } from '../src/index.ts';
import { Gate, turn } from './gate.ts';
import { connect, namespace, soon } from './server.ts';

let redis: Redis;
let ns: string;
let gate: Gate;
let driver: RedisDriver;

beforeEach(async () => {
  redis = connect();
  ns = namespace();
  ({ gate, driver } = await gated(redis));
});

/** A driver whose connection is open, and nothing is under way. */
async function gated(client: Redis): Promise<{ gate: Gate; driver: RedisDriver }> {
  const through = new Gate(new IoredisClient(client, { isOurs: false }));
  const opened = new RedisDriver(through);
  onTestFinished(() => opened.close());
  await opened.read([`${ns}opens`], soon());
  through.sent.length = 0;
  return { gate: through, driver: opened };
}

const key = (name: string | number): string => `${ns}${name}`;
const keys = (count: number): string[] => Array.from({ length: count }, (_, i) => key(i));
const put = (name: string | number, value: string): Put => ({ key: key(name), value, expiresAt: null });
const get = async (name: string | number, at = soon()): Promise<string | null> =>
  (await driver.read([key(name)], at))[0]?.value ?? null;
const set = (name: string | number, value: string, at = soon()) =>
  driver.commit({ puts: [put(name, value)] }, at);

/** Has the calls that follow find something under way, and so be joined. */
function busy(): Promise<unknown> {
  return driver.read([key('busy')], soon());
}

describe('calls of one turn', () => {
  it('are sent at once where nothing is under way', async () => {
    const read = get('a');
    expect(gate.names).toEqual(['GET']);
    await read;
    const write = set('a', '1');
    expect(gate.names).toEqual(['GET', 'EVALSHA']);
    await write;
  });

  it('are one command if they read, and one if they write', async () => {
    const first = busy();
    await Promise.all([first, ...keys(20).map((_, i) => set(i, `v${i}`))]);
    expect(gate.names).toEqual(['GET', 'EVALSHA']);
    const again = busy();
    const values = await Promise.all(keys(20).map((_, i) => get(i)));
    await again;
    expect(values).toEqual(keys(20).map((_, i) => `v${i}`));
    expect(gate.names).toEqual(['GET', 'EVALSHA', 'GET', 'MGET']);
    const left = await Promise.all([busy(), ...keys(3).map((name) => driver.timeLeft([name], soon()))]);
    expect(left.slice(1)).toEqual([[Infinity], [Infinity], [Infinity]]);
    expect(gate.names.slice(4)).toEqual(['GET', 'EVALSHA', ...gate.names.slice(6)]);
  });

  it('ask once about what several of them in a row ask about', async () => {
    await set('a', '1');
    gate.sent.length = 0;
    const asked = ['a', 'a', 'a', 'none', 'none', 'a'];
    const left = await Promise.all([busy(), ...asked.map((name) => driver.timeLeft([key(name)], soon()))]);
    expect(gate.sent.map(([name, , count]) => [name, count])).toEqual([
      ['GET', undefined],
      ['EVALSHA', '3'],
    ]);
    expect(left.slice(1)).toEqual([[Infinity], [Infinity], [Infinity], [null], [null], [Infinity]]);
  });

  it('tell each of several deletions whether there was something, also beside others that are too late', async () => {
    await Promise.all([set('a', '1'), set('b', '2')]);
    gate.sent.length = 0;
    const remove = (name: string, at = soon()) => driver.commit({ deletes: [{ key: key(name) }] }, at);
    const late = remove('b', soon(-1)).catch((error: { code: string }) => error.code);
    const first = busy();
    const deleted = await Promise.all([remove('a'), remove('none'), remove('a')]);
    expect(deleted.map((one) => one.deleted)).toEqual([1, 0, 0]);
    await first;
    expect(await late).toBe('OAUTHDB_TIMEOUT');
    expect(gate.names.filter((name) => name === 'EVALSHA')).toHaveLength(1);
    expect(await get('b')).toBe('2');
  });

  it('give a list an end again that has lost all its entries to one of them', async () => {
    const tags = [{ name: key('list'), member: 'm' }];
    const store = (name: string) =>
      driver.commit({ puts: [{ ...put(name, '1'), expiresAt: Date.now() + 60_000, tags }] }, soon());
    const replace = (name: string) =>
      driver.commit({ deletes: [{ key: key(name), tags }], puts: [put('b', '2')] }, soon());
    await set('b', 'which has the clocks compared');
    gate.sent.length = 0;
    await Promise.all([busy(), store('a'), replace('a'), store('c')]);
    expect(gate.names).toEqual(['GET', 'EVALSHA']);
    expect(await redis.pttl(key('list'))).toBeGreaterThan(0);
  });

  it('are two commands where they are many and nothing else is under way, so that nobody waits for all of them', async () => {
    await Promise.all([busy(), ...keys(60).map((_, i) => set(i, `v${i}`))]);
    expect(gate.sent.map(([name, , count]) => [name, count])).toEqual([
      ['GET', undefined],
      ['EVALSHA', '30'],
      ['EVALSHA', '30'],
    ]);
    gate.sent.length = 0;
    gate.hold();
    const before = [busy(), busy()];
    await turn();
    const reads = keys(60).map((_, i) => get(i));
    await turn();
    expect(gate.names).toEqual(['GET', 'GET', 'MGET']);
    await gate.release();
    await Promise.all(before);
    expect(await Promise.all(reads)).toEqual(keys(60).map((_, i) => `v${i}`));
  });

  it('are sixteen times fewer commands than calls, at the least, with 64 under way', async () => {
    let calls = 0;
    const worker = async (i: number): Promise<void> => {
      while (calls++ < 2000) await get(i % 8);
    };
    await Promise.all(keys(8).map((_, i) => set(i, 'v')));
    gate.sent.length = 0;
    await Promise.all(keys(64).map((_, i) => worker(i)));
    expect(gate.sent.length).toBeLessThanOrEqual(2000 / 16);
  });

  it('never make a command of more than 128 keys, or of more than 64 KiB of values', async () => {
    const many = keys(300);
    await Promise.all([busy(), ...many.map((name) => driver.read([name], soon()))]);
    const read = gate.sent.filter(([name]) => name === 'MGET').map((args) => args.length - 1);
    expect(read).toEqual([128, 128, 44]);
    gate.sent.length = 0;
    const value = 'x'.repeat(20_000);
    await Promise.all([busy(), ...keys(9).map((_, i) => set(i, value))]);
    const written = gate.sent.filter(([name]) => name === 'EVALSHA').map(([, , count]) => Number(count));
    expect(written).toEqual([3, 3, 3]);
    gate.sent.length = 0;
    await Promise.all([busy(), set('long', 'x'.repeat(100_000)), set('short', 'x')]);
    expect(gate.names).toEqual(['GET', 'EVALSHA', 'EVALSHA']);
  });

  it('take effect in their order', async () => {
    const all = [
      busy(),
      get('k'),
      set('k', '1'),
      get('k'),
      set('k', '2'),
      driver.take({ key: key('k'), attempt: 'a', rememberMs: 1000 }, soon()),
      get('k'),
      driver.commit({ checks: [{ key: key('k'), version: null }], puts: [put('k', '3')] }, soon()),
      driver.commit({ checks: [{ key: key('k'), version: '2' }], puts: [put('k', '4')] }, soon()),
      get('k'),
      driver.commit({ deletes: [{ key: key('k') }] }, soon()),
      driver.timeLeft([key('k')], soon()),
    ];
    expect((await Promise.all(all)).slice(1)).toEqual([
      null,
      { committed: true, deleted: 0 },
      '1',
      { committed: true, deleted: 0 },
      { status: 'taken', value: '2' },
      null,
      { committed: true, deleted: 0 },
      { committed: false, deleted: 0 },
      '3',
      { committed: true, deleted: 1 },
      [null],
    ]);
  });

  it('are sent one by one where that is asked for', async () => {
    const other = new Gate(new IoredisClient(redis, { isOurs: false }));
    const single = new RedisDriver(other, { coalescing: false });
    onTestFinished(() => single.close());
    await Promise.all(keys(3).map((name) => single.read([name], soon())));
    await single.read([key('a')], soon());
    other.sent.length = 0;
    const all = keys(3).map((name) => single.read([name], soon()));
    expect(other.names).toEqual(['GET', 'GET', 'GET']);
    await Promise.all(all);
  });
});

describe('one bad call of many', () => {
  const ends = (calls: readonly Promise<unknown>[]): Promise<unknown[]> =>
    Promise.all(calls.map((call) => call.then(String, (error: { code: string }) => error.code)));

  it('fails alone when its key is of another type', async () => {
    await redis.sadd(key('set'), 'member');
    await redis.set(key('a'), 'A');
    const reads = ends([busy(), get('a'), get('set'), get('none'), get('a')]);
    expect((await reads).slice(1)).toEqual(['A', 'OAUTHDB_CORRUPT', 'null', 'A']);
    const tags = [{ name: key('a'), member: 'm' }];
    const writes = ends([
      busy(),
      set('b', '1'),
      driver.commit({ puts: [{ ...put('c', '1'), tags }] }, soon()),
      driver.take({ key: key('set'), attempt: 'x', rememberMs: 1 }, soon()),
      set('d', '1'),
    ]);
    expect((await writes).slice(1)).toEqual([
      expect.any(String),
      'OAUTHDB_CORRUPT',
      'OAUTHDB_CORRUPT',
      expect.any(String),
    ]);
    expect(await redis.mget(key('b'), key('c'), key('d'))).toEqual(['1', null, '1']);
    expect(gate.names.filter((name) => name === 'EVALSHA')).toHaveLength(1);
  });

  it('fails alone when the user may not touch its key, and the order of the others is kept', async () => {
    const { host, port, user } = inject('standalone');
    const client = new Redis({ host, port, ...user });
    onTestFinished(() => client.disconnect());
    ns = `app:${namespace()}`;
    ({ gate, driver } = await gated(client));
    const foreign = { key: `other:${ns}`, value: 'v', expiresAt: null };
    const calls = (): Promise<unknown>[] => [
      busy(),
      set('a', '1'),
      driver.commit({ puts: [foreign] }, soon()),
      set('b', '2'),
      get('a'),
      driver.read([foreign.key], soon()),
      get('b'),
    ];
    const expected = [expect.any(String), 'OAUTHDB_AUTH', expect.any(String), '1', 'OAUTHDB_AUTH', '2'];
    // The server refuses what was joined, which is sent again behind what came after it.
    expect((await ends(calls())).slice(1, 4)).toEqual(expected.slice(0, 3));
    gate.sent.length = 0;
    expect((await ends(calls())).slice(1)).toEqual(expected);
    // Nothing is joined any more, so that nothing has to be sent twice, out of its order.
    expect(gate.names).toEqual(['GET', 'EVALSHA', 'EVALSHA', 'EVALSHA', 'GET', 'GET', 'GET']);
  });

  it('is told from the others where a slot is being moved, which takes commands of one key only', async () => {
    await redis.mset(key('a'), 'A', key('b'), 'B');
    const moving = new Gate(new IoredisClient(redis, { isOurs: false }));
    const send = moving.send.bind(moving);
    moving.send = async (name, args) => {
      const reply = send(name, args);
      if (args[0] !== 'MGET' && Number(args[2]) <= 1) return reply;
      if (args[0] === 'GET') return reply;
      await reply.catch(() => {});
      throw new Error('TRYAGAIN Multiple keys request during rehashing of slot');
    };
    driver = new RedisDriver(moving);
    onTestFinished(() => driver.close());
    await busy();
    moving.sent.length = 0;
    const calls = (): Promise<unknown> =>
      ends([busy(), get('a'), get('b'), driver.read([key('a'), key('b')], soon()), get('none')]);
    const expected = [expect.any(String), 'A', 'B', 'OAUTHDB_UNAVAILABLE', 'null'];
    expect(await calls()).toEqual(expected);
    expect(moving.names).toEqual(['GET', 'MGET', 'GET', 'GET', 'MGET', 'GET']);
    moving.sent.length = 0;
    expect(await calls()).toEqual(expected);
    // Not joined for a while.
    expect(moving.names).toEqual(['GET', 'GET', 'GET', 'MGET', 'GET']);
  });

  it('is not sent when its time is over by then', async () => {
    const short = { now: Date.now(), deadline: performance.now() + 1 };
    const calls = ends([busy(), get('a'), get('b', short), set('c', '1', short), set('d', '1')]);
    const till = performance.now() + 5;
    while (performance.now() < till);
    expect((await calls).slice(1)).toEqual([
      'null',
      'OAUTHDB_TIMEOUT',
      'OAUTHDB_TIMEOUT',
      expect.any(String),
    ]);
    expect(gate.sent.flat()).not.toContain(key('b'));
    expect(gate.sent.flat()).not.toContain(key('c'));
  });

  it('is refused by the server when its time is over there, and the others are not', async () => {
    await set('known', 'the clock');
    gate.hold();
    const first = busy();
    const short = { now: Date.now(), deadline: performance.now() + 30 };
    const writes = ends([
      set('a', '1'),
      set('b', '1', short),
      driver.commit({ checks: [{ key: key('c'), version: null }], puts: [put('c', '1')] }, short),
      set('d', '1'),
    ]);
    await turn();
    await sleep(60);
    await gate.release();
    await first;
    expect(await writes).toEqual([
      expect.any(String),
      'OAUTHDB_TIMEOUT',
      'OAUTHDB_TIMEOUT',
      expect.any(String),
    ]);
    expect(await redis.mget(keys(0).concat(['a', 'b', 'c', 'd'].map(key)))).toEqual(['1', null, null, '1']);
  });

  it('is one of as many that fail when the connection ends', async () => {
    gate.hold();
    const first = busy().catch(() => {});
    const calls = ends([get('a'), get('b'), set('c', '1'), set('d', '1')]);
    await turn();
    expect(gate.names).toEqual(['GET', 'MGET', 'EVALSHA']);
    redis.disconnect();
    await gate.release();
    await first;
    expect(new Set(await calls)).toEqual(new Set(['OAUTHDB_UNAVAILABLE']));
  });

  it('is not sent after the end', async () => {
    const calls = ends([busy(), get('a'), set('b', '1')]);
    await driver.close();
    expect((await calls).slice(1)).toEqual(['OAUTHDB_CLOSED', 'OAUTHDB_CLOSED']);
    expect(gate.names).toEqual(['GET']);
  });
});

describe('a server that does not know the script', () => {
  it('is told it once for all', async () => {
    await using server = await startPrivateServer();
    redis = connect(server);
    ({ gate, driver } = await gated(redis));
    await Promise.all([busy(), ...keys(3).map((_, i) => set(i, 'v'))]);
    await redis.script('FLUSH');
    const writes = [busy(), ...keys(3).map((_, i) => set(i, 'w'))];
    const looks = keys(3).map((name) => driver.timeLeft([name], soon()));
    await Promise.all([...writes, ...looks]);
    expect(gate.names.slice(2)).toEqual(['GET', 'EVALSHA', 'EVALSHA', 'EVAL', 'EVAL']);
    expect(await redis.mget(keys(3))).toEqual(['w', 'w', 'w']);
  });
});

describe('a batch that is held up before each of its commands while others write', () => {
  /** Runs `rival` before the nth command that the calls send. */
  async function withRival(n: number, rival: () => Promise<unknown>, calls: () => Promise<unknown>[]) {
    gate.hold();
    const answers = Promise.allSettled(calls());
    await turn();
    let i = 0;
    for (let held = gate.take(); held.length > 0; held = gate.take()) {
      for (const one of held) {
        if (i++ === n) await rival();
        await one.pass().catch(() => {});
      }
      await turn();
    }
    return (await answers).map((one) =>
      one.status === 'fulfilled' ? one.value : (one.reason as Error).message,
    );
  }

  it.each([0, 1, 2, 3])('reads what was there at one moment of the call: %d', async (n) => {
    await redis.mset(key('a'), '1', key('b'), '1');
    const rival = (): Promise<unknown> => redis.mset(key('a'), '2', key('b'), '2', key('none'), '2');
    const [, a, none, b] = await withRival(n, rival, () => [busy(), get('a'), get('none'), get('b')]);
    const before = [a, none, b].join(' ');
    expect(n < 2 ? ['2 2 2'] : ['1  1']).toContain(before);
  });

  it.each([0, 1, 2, 3])('takes what the rival did not take: %d', async (n) => {
    await redis.mset(key('a'), 'A', key('b'), 'B');
    const take = (name: string, attempt: string) =>
      driver.take({ key: key(name), attempt, rememberMs: 60_000 }, soon());
    const other = await gated(connect());
    const rival = () =>
      Promise.all(
        ['a', 'b'].map((name) =>
          other.driver.take({ key: key(name), attempt: 'rival', rememberMs: 60_000 }, soon()),
        ),
      );
    const answers = await withRival(n, rival, () => [busy(), take('a', '1'), take('b', '2'), take('a', '3')]);
    const lost = n < 2;
    expect(answers.slice(1)).toEqual([
      { status: lost ? 'used' : 'taken', value: 'A' },
      { status: lost ? 'used' : 'taken', value: 'B' },
      { status: 'used', value: 'A' },
    ]);
  });
});
