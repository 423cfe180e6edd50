import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Database } from './client.ts';
import { freePort, HOST } from './ports.ts';
import { send } from './resp.ts';
import { startSentinels, type PrivateSentinels } from './sentinel.ts';
import { failureOf, recovered, settling, silently, TIMEOUT_MS } from './watch.ts';

/** What is tested of a `RedisOAuthDatabase` that sentinels tell where its master is. */
export interface SentinelClient {
  database(options: object): Database;
}

/** How long a call may take while servers are killed and elected: TIMEOUT_MS, and a busy machine's share. */
const WITHIN_MS = TIMEOUT_MS + 1000;

/** Of how much time what one server alone has acknowledged may be lost. */
const LOSS_MS = 1000;

/** How long after the sentinels have agreed calls succeed again. */
const SWITCH_MS = 5000;

export function throughSentinels(client: SentinelClient): void {
  let servers: PrivateSentinels;
  beforeAll(async () => {
    servers = await startSentinels({ sentinelPassword: SENTINEL });
  });
  afterAll(() => servers[Symbol.asyncDispose]());

  const open = (options: object = {}): Database => {
    const db = client.database({
      url: urlOf(servers),
      sentinelPassword: SENTINEL,
      commandTimeout: TIMEOUT_MS,
      ...options,
    });
    onTestFinished(() => db.close());
    return db;
  };

  describe('a master that sentinels name', () => {
    it('is written to, in the database that the url names', async () => {
      const db = open({ url: `${urlOf(servers)}/3` });
      await db.storeToken('user_123', 'value');
      const port = await servers.currentMaster();
      expect(String(await send({ port }, 'INFO', 'keyspace'))).toContain('db3:keys=1');
      expect(await db.deleteToken('user_123')).toBe(true);
    });

    it('is a matter of configuration if they know none of that name', () =>
      silently(async () => {
        const db = open({ url: urlOf(servers).replace(/[^/]+$/, 'another') });
        const failure = await failureOf(() => db.storeToken('k', 'v'));
        expect(failure).toMatchObject({ code: 'OAUTHDB_CONFIG', outcome: 'not_executed' });
        expect(failure.message).toContain('the sentinels know no master of that name');
      }));

    it.each([
      ['without a password', undefined],
      ['with a wrong one', 'wrong'],
    ])('is not told to whoever asks %s', (_, sentinelPassword) =>
      silently(async () => {
        const db = open({ sentinelPassword });
        expect(await failureOf(() => db.storeToken('k', 'v'))).toMatchObject({ code: 'OAUTHDB_AUTH' });
      }),
    );

    it('cannot be reached where there are no sentinels', () =>
      silently(async () => {
        const db = open({
          url: `redis+sentinel://${HOST}:${await freePort()},${HOST}:${await freePort()}/main`,
        });
        expect(await failureOf(() => db.storeToken('k', 'v'))).toMatchObject({
          code: 'OAUTHDB_UNAVAILABLE',
          outcome: 'not_executed',
        });
      }));

    it('is found as long as one sentinel is there', async () => {
      const [{ port } = { port: 0 }] = servers.sentinels;
      const hosts = [`${HOST}:${await freePort()}`, `${HOST}:${await freePort()}`, `${HOST}:${port}`];
      const db = open({ url: `redis+sentinel://${hosts.join(',')}/${servers.name}`, commandTimeout: 2000 });
      await db.storeToken('one', 'v');
      expect(await db.getToken('one')).toBe('v');
    });
  });

  describe('a failover', () => {
    it('that is planned loses nothing that two replicas have acknowledged, and calls settle', () =>
      silently(async () => {
        const replicated = open({ durability: { profile: 'replicated', replicas: 2 } });
        const before = await servers.currentMaster();
        const [sentinel] = servers.sentinels;
        const log = await duringFailover(replicated, open(), 'planned', async () => {
          await send({ port: sentinel?.port ?? 0, password: SENTINEL }, 'SENTINEL', 'FAILOVER', servers.name);
          await servers.nextMaster(before);
        });
        await isTrue(log, open());
      }));

    it('that is planned loses no more than the last second of what one server alone has acknowledged', () =>
      silently(async () => {
        const db = open();
        const before = await servers.currentMaster();
        const [, sentinel] = servers.sentinels;
        const log = await duringFailover(db, open(), 'planned, by default', async () => {
          await send({ port: sentinel?.port ?? 0, password: SENTINEL }, 'SENTINEL', 'FAILOVER', servers.name);
          await servers.nextMaster(before);
        });
        const lost = await isTrue(log, open(), LOSS_MS);
        expect(Math.max(...lost) - Math.min(...lost)).toBeLessThanOrEqual(LOSS_MS);
      }));

    it('from a master that hangs, which wakes up as the old one, loses nothing either', () =>
      silently(async () => {
        const replicated = open({ durability: 'replicated' });
        const before = await servers.currentMaster();
        const log = await duringFailover(replicated, open(), 'hung', async () => {
          servers.server(before).signal('SIGSTOP');
          await servers.nextMaster(before);
          servers.server(before).signal('SIGCONT');
        });
        expect(await servers.currentMaster()).not.toBe(before);
        await isTrue(log, open());
      }));

    it('from a master that is killed tells what was changed and what was not, by default too', () =>
      silently(async () => {
        const db = open();
        const before = await servers.currentMaster();
        const log = await duringFailover(db, db, 'killed', async () => {
          servers.server(before).signal('SIGKILL');
          await servers.nextMaster(before);
        });
        // What was acknowledged right before may be lost, and nothing else.
        const lost = await isTrue(log, open(), LOSS_MS);
        expect(lost.length).toBeLessThan(log.stored.size);
      }));
  });

  describe('without its sentinels', () => {
    it('a master is used as before', () =>
      silently(async () => {
        const db = open();
        await recovered(() => db.storeToken('k', 'before'), SWITCH_MS);
        for (const { port } of servers.sentinels) servers.server(port).signal('SIGKILL');
        await sleep(1200);
        for (let i = 0; i < 20; i++) await db.storeToken('k', `after ${i}`);
        expect(await db.getToken('k')).toBe('after 19');
      }));
  });
}

const SENTINEL = 'sentinel-pw-5c1e';

function urlOf({ name, sentinels }: PrivateSentinels): string {
  return `redis+sentinel://${sentinels.map(({ host, port }) => `${host}:${port}`).join(',')}/${name}`;
}

/** What came of each key that was stored. */
interface Log {
  /** With the time when it was acknowledged. */
  readonly stored: Map<string, number>;
  readonly refused: Set<string>;
  readonly began: number;
  /** What a call did that it must not do. */
  readonly faults: readonly string[];
}

/** Stores one key after the other, by four callers at once, while `fail` does its work and until `other` works again. */
async function duringFailover(
  db: Database,
  other: Database,
  name: string,
  fail: () => Promise<void>,
): Promise<Log> {
  const stored = new Map<string, number>();
  const refused = new Set<string>();
  const faults: string[] = [];
  await recovered(() => db.storeToken(`${name} first`, 'v'), 10_000);
  const over = new AbortController();
  const writer = async (number: number): Promise<void> => {
    for (let i = 0; !over.signal.aborted; i++) {
      const key = `${name} ${number} ${i}`;
      const storing = settling(() => db.storeToken(key, 'v'), WITHIN_MS);
      const failure = await storing.catch((late: unknown) => {
        faults.push(`${key}: ${String(late)}`);
        return null;
      });
      if (failure === null) continue;
      if (failure === undefined) stored.set(key, performance.now());
      else if (failure.outcome === 'not_executed') refused.add(key);
      if (failure?.retryable === false) faults.push(`${key}: ${failure.message}`);
      await sleep(5);
    }
  };
  const writers = [1, 2, 3, 4].map(writer);
  await sleep(100);
  const began = performance.now();
  try {
    await fail();
    await recovered(() => other.storeToken(`${name} last`, 'v'), SWITCH_MS);
    await sleep(200);
  } finally {
    over.abort();
    await Promise.all(writers);
  }
  return { stored, refused, began, faults };
}

/**
 * Nothing is there of what is said not to have been executed, and everything of what was acknowledged, but for what was less than
 * `windowMs` before the failover. Gives when what was lost was acknowledged.
 */
async function isTrue(
  { stored, refused, began, faults }: Log,
  db: Database,
  windowMs = 0,
): Promise<number[]> {
  const there = new Set(await recovered(() => db.listTokens(), SWITCH_MS));
  const ghosts = [...refused].filter((key) => there.has(key));
  const lost = [...stored].filter(([key]) => !there.has(key));
  expect(faults).toEqual([]);
  expect(ghosts).toEqual([]);
  expect(lost.filter(([, at]) => windowMs === 0 || at < began - windowMs)).toEqual([]);
  expect(stored.size).toBeGreaterThan(0);
  return lost.map(([, at]) => at);
}
