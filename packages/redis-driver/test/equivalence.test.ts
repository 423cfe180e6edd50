import { setImmediate as endOfTurn } from 'node:timers/promises';
import type { Change, Driver } from '@oauthdb/core';
import type {} from '@oauthdb/test-redis/setup';
import fc from 'fast-check';
import { Cluster } from 'ioredis';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { IoredisClient, RedisDriver, type RedisClient } from '../src/index.ts';
import { connect, namespace, soon } from './server.ts';

// Whatever is called, in whatever turn of the event loop: joined or one by one, it answers the same and leaves the same.

const RUNS = 150;
const ENTRIES = ['a', 'b', 'c'];

/** A call of a program, on keys that begin with `ns`. */
type Call = (driver: Driver, ns: string) => Promise<unknown>;

const entry = fc.constantFrom(...ENTRIES);
// A list where an entry should be, which is read and never written: see the limits in the README.
const name = fc.constantFrom(...ENTRIES, 'set');
const value = fc.constantFrom('', '1', '2', 'a longer value', 'x'.repeat(30_000));
const listed = fc.boolean();

const put = fc
  .tuple(entry, value, listed, fc.boolean())
  .map(([key, text, isListed, ends]) => (ns: string) => ({
    key: ns + key,
    value: text,
    expiresAt: ends ? Date.now() + 3_600_000 : null,
    tags: isListed ? [{ name: `${ns}list`, member: key }] : [],
  }));
const removal = fc.tuple(entry, listed).map(([key, isListed]) => (ns: string) => ({
  key: ns + key,
  tags: isListed ? [{ name: `${ns}list`, member: key }] : [],
}));
const check = fc.tuple(name, fc.option(value)).map(([key, version]) => (ns: string) => ({
  key: ns + key,
  version,
}));
const take = fc.tuple(name, fc.constantFrom('one', 'other')).map(([key, attempt]) => (ns: string) => ({
  key: ns + key,
  attempt,
  rememberMs: 60_000,
}));

const change = fc
  .record({
    take: fc.option(take, { nil: undefined, freq: 4 }),
    checks: fc.array(check, { maxLength: 1 }),
    deletes: fc.array(removal, { maxLength: 2 }),
    puts: fc.array(put, { maxLength: 2 }),
  })
  .map(({ take: taken, checks, deletes, puts }) => (ns: string): Change => ({
    ...(taken === undefined ? {} : { take: taken(ns) }),
    checks: checks.map((one) => one(ns)),
    deletes: deletes.map((one) => one(ns)),
    puts: puts.map((one) => one(ns)),
  }));

const call: fc.Arbitrary<Call> = fc.oneof(
  {
    weight: 6,
    arbitrary: name.map(
      (key): Call =>
        (driver, ns) =>
          driver.read([ns + key], soon()),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.array(name, { minLength: 2, maxLength: 3 }).map(
      (keys): Call =>
        (driver, ns) =>
          driver.read(
            keys.map((key) => ns + key),
            soon(),
          ),
    ),
  },
  {
    weight: 2,
    arbitrary: name.map((key): Call => async (driver, ns) => {
      const [left] = await driver.timeLeft([ns + key], soon());
      return typeof left === 'number' && Number.isFinite(left) ? 'some time' : left;
    }),
  },
  {
    weight: 4,
    arbitrary: put.map(
      (one): Call =>
        (driver, ns) =>
          driver.commit({ puts: [one(ns)] }, soon()),
    ),
  },
  {
    weight: 4,
    arbitrary: change.map(
      (one): Call =>
        (driver, ns) =>
          driver.commit(one(ns), soon()),
    ),
  },
  {
    weight: 2,
    arbitrary: take.map(
      (one): Call =>
        (driver, ns) =>
          driver.take(one(ns), soon()),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constant<Call>(async (driver, ns) => {
      const { items } = await driver.list({ tag: { name: `${ns}list` } }, { limit: 100 }, soon());
      return [...items].toSorted();
    }),
  },
);

/** Turns of the event loop, and the calls that are made in each, without waiting for any. */
const program = fc.array(fc.array(call, { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 4 });

async function run(turns: readonly (readonly Call[])[], driver: Driver, ns: string): Promise<unknown[]> {
  const answers: Promise<unknown>[] = [];
  for (const calls of turns) {
    for (const one of calls) answers.push(one(driver, ns).catch(({ code }: { code: string }) => code));
    await endOfTurn();
  }
  const given = await Promise.all(answers);
  const left = ENTRIES.map((key) => ns + key);
  return [...given, await driver.read(left, soon())];
}

const oneNode = (): { client: () => RedisClient; prefix: string } => {
  const redis = connect();
  return { client: () => new IoredisClient(redis, { isOurs: false }), prefix: namespace() };
};

const aCluster = (prefix: string) => (): { client: () => RedisClient; prefix: string } => {
  const redis = new Cluster([...inject('cluster').nodes]);
  onTestFinished(() => redis.disconnect());
  const cluster = { nodeOf: (slot: number) => redis.slots[slot]?.[0], masters: () => [] };
  return { client: () => new IoredisClient(redis, { isOurs: false, cluster }), prefix };
};

describe.each([
  ['one node', oneNode],
  ['a cluster, in one slot', aCluster(`{${namespace()}}`)],
] as const)('on %s', (_, start) => {
  it(
    'calls that are joined answer as those that are not, and leave the same',
    { timeout: 60_000 },
    async () => {
      const { client, prefix } = start();
      const joined = new RedisDriver(client(), { transactions: true });
      const single = new RedisDriver(client(), { transactions: true, coalescing: false });
      onTestFinished(async () => void (await Promise.all([joined.close(), single.close()])));
      let runs = 0;
      const property = fc.asyncProperty(program, async (turns) => {
        const [one, other] = [`${prefix}${runs}j:`, `${prefix}${runs++}s:`];
        for (const ns of [one, other]) {
          const tags = [{ name: `${ns}set`, member: 'm' }];
          await single.commit({ puts: [{ key: `${ns}x`, value: 'v', expiresAt: null, tags }] }, soon());
        }
        expect(await run(turns, joined, one)).toEqual(await run(turns, single, other));
      });
      await fc.assert(property, { numRuns: RUNS });
    },
  );
});
