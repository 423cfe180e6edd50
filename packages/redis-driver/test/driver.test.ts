import type { Change } from '@oauthdb/core';
import { startPrivateServer } from '@oauthdb/test-redis/server';
import { Redis } from 'ioredis';
import { inject, onTestFinished, describe, expect, it } from 'vitest';
import { companion, IoredisClient, RedisDriver, type RedisClient } from '../src/index.ts';
import { CALLS } from '../src/script.ts';
import { connect, namespace, open, soon } from './server.ts';

describe('what is on the server', () => {
  it('is the bare value under the bare key, with the life that was asked for', async () => {
    const [redis, ns] = [connect(), namespace()];
    const driver = open(redis);
    const put = { key: `${ns}k`, value: 'v', expiresAt: Date.now() + 3_600_000 };
    await driver.commit({ puts: [put] }, soon());
    expect(await redis.keys(`*${ns}*`)).toEqual([`${ns}k`]);
    expect(await redis.get(`${ns}k`)).toBe('v');
    expect(Math.abs((await redis.pttl(`${ns}k`)) - 3_600_000)).toBeLessThan(5000);
  });

  it('is a plain set for a shared list, and what others do to it counts', async () => {
    const [redis, ns] = [connect(), namespace()];
    const driver = open(redis);
    const name = `${ns}user_tokens:b{o}b`;
    const list = async (): Promise<string[]> => {
      const { items, next } = await driver.list({ tag: { name, shared: true } }, { limit: 10 }, soon());
      expect(next).toBeNull();
      return [...items].toSorted();
    };
    const put = (member: string): Change => ({
      puts: [
        {
          key: ns + member,
          value: 'v',
          expiresAt: Date.now() + 60_000,
          tags: [{ name, member, shared: true }],
        },
      ],
    });
    await driver.commit(put('one'), soon());
    await driver.commit(put('two'), soon());
    expect((await redis.smembers(name)).toSorted()).toEqual(['one', 'two']);
    expect(Math.abs((await redis.ttl(name)) - 60)).toBeLessThan(6);
    expect(await redis.zcard(companion(name, 'expiry'))).toBe(2);
    await redis.sadd(name, 'theirs');
    await redis.srem(name, 'one');
    expect(await list()).toEqual(['theirs', 'two']);
    await redis.sadd(name, 'another');
    await driver.commit(put('three'), soon());
    expect(await redis.ttl(name)).toBe(-1);
    expect(await list()).toEqual(['another', 'theirs', 'three', 'two']);
  });

  it('is a marker beside a key that was taken, which no listing shows', async () => {
    const [redis, ns] = [connect(), namespace()];
    const driver = open(redis);
    await redis.set(`${ns}code`, 'v', 'PX', 90_000);
    await driver.take({ key: `${ns}code`, attempt: 'a', rememberMs: 60_000 }, soon());
    const marker = companion(`${ns}code`, 'used');
    expect(await redis.keys(`*${ns}*`)).toEqual([marker]);
    expect(await redis.pttl(marker)).toBeGreaterThan(85_000);
    const keys: string[] = [];
    for (let after: string | undefined; ;) {
      const page = await driver.list({ prefix: ns }, { limit: 1000, after }, soon());
      keys.push(...page.items);
      if (page.next === null) break;
      after = page.next;
    }
    expect(keys).toEqual([]);
  });

  it('may be of another type, which is no absence', async () => {
    const [redis, ns] = [connect(), namespace()];
    const driver = open(redis);
    await redis.sadd(`${ns}k`, 'member');
    const corrupt = { code: 'OAUTHDB_CORRUPT' };
    await expect(driver.read([`${ns}k`], soon())).rejects.toMatchObject(corrupt);
    const take = { key: `${ns}k`, attempt: 'a', rememberMs: 1 };
    await expect(driver.take(take, soon())).rejects.toMatchObject(corrupt);
    const tags = [{ name: `${ns}k`, member: 'm' }];
    const puts = [{ key: `${ns}l`, value: 'v', expiresAt: null, tags }];
    await expect(driver.commit({ puts }, soon())).rejects.toMatchObject(corrupt);
    expect(await redis.exists(`${ns}l`)).toBe(0);
  });
});

describe('how much is sent', () => {
  it('is one command per call, and one more for the first of a connection', async () => {
    await using server = await startPrivateServer();
    const driver = open(connect(server));
    const calls = async (work: () => Promise<unknown>): Promise<string[]> => {
      await server.send('CONFIG', 'RESETSTAT');
      await work();
      const stats = String(await server.send('INFO', 'commandstats'));
      return [...stats.matchAll(/^cmdstat_(\w+):calls=(\d+)/gm)]
        .filter(([, name]) => /^(evalsha|eval|mget|scan|zscan|sscan)$/.test(name ?? ''))
        .map(([, name, count]) => `${name} ${count}`);
    };
    const put = { key: 'k', value: 'v', expiresAt: null };
    const take = { key: 'k', attempt: 'a', rememberMs: 1000 };
    expect(await calls(() => driver.commit({ puts: [put] }, soon()))).toEqual(
      expect.arrayContaining(['eval 1', 'evalsha 1']),
    );
    expect(await calls(() => driver.commit({ puts: [put] }, soon()))).toEqual(['evalsha 1']);
    expect(await calls(() => driver.take(take, soon()))).toEqual(['evalsha 1']);
    expect(await calls(() => driver.commit({ deletes: [put] }, soon()))).toEqual(['evalsha 1']);
    expect(await calls(() => driver.read(['k'], soon()))).toEqual([]);
    expect(await calls(() => driver.read(['k', 'l'], soon()))).toEqual(['mget 1']);
    expect(await calls(() => driver.timeLeft(['k'], soon()))).toEqual([]);
    expect(await calls(() => driver.list({ prefix: 'x' }, { limit: 1 }, soon()))).toEqual(['scan 1']);
    expect(await calls(() => driver.commit({}, soon()))).toEqual([]);
    await server.send('SCRIPT', 'FLUSH');
    expect(await calls(() => driver.commit({ puts: [put] }, soon()))).toEqual(
      expect.arrayContaining(['eval 1', 'evalsha 1']),
    );
  });
});

describe('a server whose clock is hours off', () => {
  it.each([5, -5])('is written to as any other: %d hours', async (hours) => {
    const [redis, ns] = [connect(), namespace()];
    const calls: string[] = [];
    const driver = open(redis, (client) => shifted(client, hours * 3_600_000, calls));
    const puts = [{ key: `${ns}k`, value: 'v', expiresAt: Date.now() + 60_000 }];
    for (let i = 0; i < 3; i++) expect((await driver.commit({ puts }, soon())).committed).toBe(true);
    expect(calls).toEqual(['EVAL', 'EVALSHA', 'EVALSHA', 'EVALSHA']);
    expect(Math.abs((await redis.pttl(`${ns}k`)) - 60_000)).toBeLessThan(5000);
    const late = driver.commit({ puts }, { now: Date.now(), deadline: performance.now() - 1 });
    await expect(late).rejects.toMatchObject({ code: 'OAUTHDB_TIMEOUT', outcome: 'not_executed' });
  });

  it('is found out when it is set', async () => {
    const [redis, ns] = [connect(), namespace()];
    const calls: string[] = [];
    let offset = 0;
    const driver = open(redis, (client) => shifted(client, () => offset, calls));
    const puts = [{ key: `${ns}k`, value: 'v', expiresAt: null }];
    await driver.commit({ puts }, soon());
    offset = 3_600_000;
    expect((await driver.commit({ puts }, soon())).committed).toBe(true);
    expect(calls).toEqual(['EVAL', 'EVALSHA', 'EVALSHA', 'EVALSHA']);
  });
});

describe('a client of the application’s', () => {
  it('is not closed, and nobody listens to it afterwards', async () => {
    const redis = connect();
    const events = ['connect', 'ready', 'error', 'close'];
    const before = events.map((event) => redis.listenerCount(event));
    const driver = new RedisDriver(new IoredisClient(redis, { isOurs: false }));
    await driver.read(['k'], soon());
    await driver.close();
    await driver.close();
    expect(await redis.ping()).toBe('PONG');
    expect(events.map((event) => redis.listenerCount(event))).toEqual(before);
    await expect(driver.read(['k'], soon())).rejects.toMatchObject({ code: 'OAUTHDB_CLOSED' });
  });

  it('may give numbers as strings', async () => {
    const { host, port, password } = inject('standalone');
    const redis = new Redis({ host, port, password, stringNumbers: true });
    onTestFinished(() => redis.disconnect());
    const driver = open(redis);
    const key = namespace();
    await driver.commit({ puts: [{ key, value: 'v', expiresAt: null }] }, soon());
    expect(await driver.timeLeft([key], soon())).toEqual([Infinity]);
    expect(await driver.commit({ deletes: [{ key }] }, soon())).toEqual({ committed: true, deleted: 1 });
  });
});

/** A server whose clock is so much ahead: its replies say so, and it takes a deadline for so much less. */
function shifted(client: RedisClient, offset: number | (() => number), calls: string[]): RedisClient {
  const ahead = (): number => (typeof offset === 'number' ? offset : offset());
  return {
    get isReady() {
      return client.isReady;
    },
    listen: (listener) => client.listen(listener),
    connect: () => client.connect(),
    reconnect: () => client.reconnect(),
    close: () => client.close(),
    send: async (key, args) => {
      if (!args[0]?.startsWith('EVAL')) return client.send(key, args);
      calls.push(args[0]);
      const at = 3 + Number(args[2]);
      const deadline = Math.max(0, Number(args[at]) - ahead());
      const reply = await client.send(key, args.with(at, String(deadline)));
      const stamped = ahead() * CALLS;
      if (!Array.isArray(reply)) return Number(reply) + stamped;
      return (reply as unknown[]).with(1, Number(reply[1]) + stamped);
    },
  };
}
