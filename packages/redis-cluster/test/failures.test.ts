import { cluster } from '@oauthdb/test-redis/kinds';
import { failureOf, recovered, settling, silently, TIMEOUT_MS } from '@oauthdb/test-redis/watch';
import { Redis } from 'ioredis';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { RedisClusterOAuthDatabase } from '../src/index.ts';

const servers = await cluster();
afterAll(() => servers.stop());
const { nodes } = servers.at;

const KEYS = Array.from({ length: 60 }, (_, i) => `key ${i}`);

function open(): RedisClusterOAuthDatabase {
  const db = new RedisClusterOAuthDatabase({ nodes, commandTimeout: TIMEOUT_MS });
  onTestFinished(() => db.close());
  return db;
}

/** Every call settles in time: it succeeds, or says that it is worth repeating. */
async function settles(call: () => Promise<unknown>): Promise<boolean> {
  const failed = await settling(call, TIMEOUT_MS + 400);
  if (failed !== undefined) await failureOf(() => Promise.reject(failed));
  return failed === undefined;
}

describe('when a master of the cluster fails', () => {
  it('times out while it hangs, and the others go on', () =>
    silently(async () => {
      const db = open();
      await db.storeTokens(KEYS.map((key) => ({ key, token: 'v' })));
      const master = new Redis(nodes[0] ?? {});
      await master.call('CLIENT', 'PAUSE', '2000', 'ALL');
      const settled = await Promise.all(KEYS.map((key) => settles(() => db.getToken(key))));
      expect(settled).toContain(true);
      expect(settled).toContain(false);
      for (const key of KEYS) expect(await recovered(() => db.getToken(key))).toBe('v');
      master.disconnect();
    }));

  it('finds its successor, with what was stored', () =>
    silently(async () => {
      const db = open();
      await db.storeTokens(KEYS.map((key) => ({ key, token: 'v' })));
      const master = new Redis({ ...nodes[0], retryStrategy: () => null });
      master.on('error', () => {});
      expect(await master.wait(1, 1000)).toBe(1);
      await master.call('SHUTDOWN', 'NOSAVE').catch(() => {});
      const settled = await Promise.all(KEYS.map((key) => settles(() => db.storeToken(key, 'w'))));
      expect(settled).toContain(true);
      for (const key of KEYS) await recovered(() => db.storeToken(key, 'w'), 20_000);
      expect(await recovered(() => db.getTokens(KEYS))).toEqual(KEYS.map(() => 'w'));
      expect((await recovered(() => db.listTokens())).toSorted()).toEqual(KEYS.toSorted());
    }));
});
