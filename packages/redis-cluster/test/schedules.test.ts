import { setTimeout as sleep } from 'node:timers/promises';
import type { Change, Moment } from '@oauthdb/core';
import { RedisDriver } from '@oauthdb/redis-driver';
import type {} from '@oauthdb/test-redis/setup';
import { Cluster } from 'ioredis';
import { afterAll, afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { givenIoredisCluster } from '../src/ioredis-cluster.ts';
import { sending } from './sending.ts';

// A change over several slots takes several steps. Here it is stopped before each of its commands in turn, a rival runs to its
// end, and the change goes on: every schedule that matters, instead of as many as chance would find.

const STOPS = 14;
const cluster = new Cluster([...inject('cluster').nodes]);
afterAll(() => cluster.disconnect());

let ns: string;
let rival: RedisDriver;
beforeEach(() => {
  ns = `s${process.pid}.${Math.random()}:`;
  rival = new RedisDriver(givenIoredisCluster(cluster));
});
afterEach(() => rival.close());

const soon = (): Moment => ({ now: Date.now(), deadline: performance.now() + 10_000 });
const tags = (member: string) => [{ name: `${ns}all`, member }];
const put = (name: string, value: string) => ({ key: ns + name, value, expiresAt: null, tags: tags(name) });

/** Runs a change that stops before its nth command until the rival has ended. Whether it was stopped at all, and its answer. */
async function stopped(
  change: Change,
  stop: number,
  rivalRuns: () => Promise<void>,
): Promise<{ committed: boolean; stopped: boolean }> {
  const client = givenIoredisCluster(cluster);
  let sent = 0;
  let wasStopped = false;
  const stopping = sending(client, async (key, args) => {
    if (args[0] === 'EVALSHA' && sent++ === stop) {
      wasStopped = true;
      // Whatever does not wait for this command runs on.
      await sleep(15);
      await rivalRuns();
    }
    return client.send(key, args);
  });
  const driver = new RedisDriver(stopping);
  const { committed } = await driver.commit(change, soon());
  await driver.close();
  return { committed, stopped: wasStopped };
}

async function listed(): Promise<string[]> {
  const { items } = await rival.list({ tag: { name: `${ns}all` } }, { limit: 1000 }, soon());
  return [...items].toSorted();
}

async function readable(names: readonly string[]): Promise<string[]> {
  const entries = await rival.read(
    names.map((name) => ns + name),
    soon(),
  );
  return names.filter((_, i) => entries[i] !== null).toSorted();
}

/** Deletes what is listed, until a pass finds nothing alive. */
async function revoke(): Promise<void> {
  for (;;) {
    const names = await listed();
    const deletes = names.map((name) => ({ key: ns + name, tags: tags(name) }));
    if (deletes.length === 0 || (await rival.commit({ deletes }, soon())).deleted === 0) return;
  }
}

const NAMES = ['old', 'successor', 'access', 'other'];
const rotation = (): Change => ({
  checks: [{ key: `${ns}old`, version: 'v' }],
  puts: [put('old', 'rotated'), put('successor', 'v'), put('access', 'v')],
});

describe('a change over several slots, stopped before each of its commands', () => {
  const stops = Array.from({ length: STOPS }, (_, i) => i);

  it('is made of several commands', async () => {
    await rival.commit({ puts: [put('old', 'v')] }, soon());
    let sent = 0;
    while ((await stopped({ ...rotation(), checks: [] }, sent, async () => {})).stopped) sent++;
    expect(sent).toBeGreaterThan(2);
    expect(sent).toBeLessThan(STOPS);
  });

  it.each(stops)('never makes readable what is not listed: %d', async (stop) => {
    await rival.commit({ puts: [put('old', 'v')] }, soon());
    const { committed } = await stopped(rotation(), stop, async () => {
      const there = await readable(NAMES);
      expect(await listed()).toEqual(expect.arrayContaining(there));
    });
    expect(committed).toBe(true);
    expect(await readable(NAMES)).toEqual(['access', 'old', 'successor']);
    expect(await listed()).toEqual(['access', 'old', 'successor']);
  });

  it.each(stops)('does not survive a revocation: %d', async (stop) => {
    await rival.commit({ puts: [put('old', 'v')] }, soon());
    const { stopped: was } = await stopped(rotation(), stop, revoke);
    if (!was) await revoke();
    expect(await readable(NAMES)).toEqual([]);
  });

  it.each(stops)('loses to a rival without a trace, or wins: %d', async (stop) => {
    await rival.commit({ puts: [put('old', 'v')] }, soon());
    const { checks } = rotation();
    let won = false;
    const { committed } = await stopped(rotation(), stop, async () => {
      const change = { checks: checks ?? [], puts: [put('old', 'by the rival'), put('other', 'v')] };
      won = (await rival.commit(change, soon())).committed;
    });
    expect(committed).toBe(!won);
    const there = won ? ['old', 'other'] : ['access', 'old', 'successor'];
    expect(await readable(NAMES)).toEqual(there);
    expect(await listed()).toEqual(there);
  });

  it.each(stops)('is made once when the same attempt repeats it meanwhile: %d', async (stop) => {
    await rival.commit({ puts: [put('old', 'v')] }, soon());
    const change: Change = {
      take: { key: `${ns}old`, attempt: 'mine', rememberMs: 60_000 },
      puts: [put('successor', 'v'), put('access', 'v')],
    };
    const { committed } = await stopped(change, stop, async () => {
      expect((await rival.commit(change, soon())).committed).toBe(true);
    });
    expect(committed).toBe(true);
    expect(await readable(NAMES)).toEqual(['access', 'successor']);
  });
});

describe('a change one of whose commands is not sent', () => {
  it.each<[string, (seen: string | undefined) => Change]>([
    ['writes', () => ({ puts: NAMES.map((name) => put(name, 'new')) })],
    [
      'asks, and writes',
      (version) => ({
        checks: [{ key: `${ns}old`, version: version ?? null }],
        puts: NAMES.map((name) => put(name, 'new')),
        deletes: [{ key: `${ns}more`, tags: tags('more') }],
      }),
    ],
  ])('never says that nothing was written where something was: it %s', async (_, changeOf) => {
    for (let lost = 0, isOver = false; !isOver; lost++) {
      await rival.commit({ puts: [put('old', 'v'), put('more', 'v')] }, soon());
      const [old] = await rival.read([`${ns}old`], soon());
      const client = givenIoredisCluster(cluster);
      let sent = 0;
      const losing = sending(client, (key, args) =>
        args[0] === 'EVALSHA' && sent++ === lost
          ? Promise.reject(new Error("Stream isn't writeable"))
          : client.send(key, args),
      );
      const driver = new RedisDriver(losing);
      const failure = await driver.commit(changeOf(old?.version), soon()).then(
        () => undefined,
        (error: { outcome: string }) => error,
      );
      isOver = sent <= lost;
      expect(failure === undefined).toBe(isOver);
      const names = [...NAMES, 'more'];
      const values = await rival.read(
        names.map((name) => ns + name),
        soon(),
      );
      const isUntouched =
        values.every((entry, i) => (entry === null) === !['old', 'more'].includes(names[i] ?? '')) &&
        values.every((entry) => entry?.value !== 'new');
      if (failure?.outcome === 'not_executed') expect(isUntouched).toBe(true);
      await driver.close();
      await rival.commit({ deletes: names.map((name) => ({ key: ns + name, tags: tags(name) })) }, soon());
    }
  });
});

describe('a change that is repeated because its answer was lost', () => {
  it.each(Array.from({ length: STOPS }, (_, i) => i))('stays made, and listed: %d', async (lost) => {
    await rival.commit({ puts: [put('old', 'v')] }, soon());
    const client = givenIoredisCluster(cluster);
    let sent = 0;
    const losing = sending(client, async (key, args) => {
      const reply = await client.send(key, args);
      if (args[0] === 'EVALSHA' && sent++ === lost) throw new Error('the connection was lost');
      return reply;
    });
    const driver = new RedisDriver(losing);
    const first = await driver.commit(rotation(), soon()).catch(() => null);
    const { committed } = first ?? (await driver.commit(rotation(), soon()));
    await driver.close();
    expect(committed).toBe(true);
    expect(await readable(NAMES)).toEqual(['access', 'old', 'successor']);
    expect(await listed()).toEqual(['access', 'old', 'successor']);
  });
});
