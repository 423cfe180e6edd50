import Database from 'better-sqlite3';
import { expect, it, vi } from 'vitest';
import { SqliteOAuthDatabase } from '../src/index.ts';

const EXPIRED = 10_000;

it(`forgets ${EXPIRED} tokens of one user after the first write after their end, a little in each turn`, async () => {
  let now = 1_700_000_000_000;
  const client = new Database(':memory:');
  const db = new SqliteOAuthDatabase({ client, now: () => now, commandTimeout: 30_000 });
  const store = (jti: string, expires_at?: Date): Promise<unknown> =>
    db.accessTokens.store({ jti, client_id: 'c', username: 'u', grant_id: 'g', expires_at });
  const rows = (table: string): unknown => client.prepare(`SELECT count(*) FROM ${table}`).pluck().get();
  await store('long');
  for (let i = 0; i < EXPIRED; i += 1000) {
    const some = Array.from({ length: 1000 }, (_, k) => `short ${i + k}`);
    await Promise.all(some.map((jti) => store(jti, new Date(now + 1000))));
  }
  expect(rows('entry')).toBe(EXPIRED + 1);
  now += 1000;

  await store('again');
  expect(rows('entry')).toBeGreaterThan(2);
  // By user, by client and by grant.
  await vi.waitFor(() => expect([rows('entry'), rows('tag')]).toEqual([2, 6]), { timeout: 30_000 });
  const left: string[] = [];
  for await (const { jti } of db.accessTokens.list({ username: 'u' })) left.push(jti);
  expect(left.toSorted()).toEqual(['again', 'long']);
  await db.close();
});

it('does not grow by what expires while many write at once', async () => {
  let now = 1_700_000_000_000;
  const client = new Database(':memory:');
  const db = new SqliteOAuthDatabase({ client, now: () => now, commandTimeout: 30_000 });
  for (let round = 0; round < 40; round++) {
    now += 1000;
    const keys = Array.from({ length: 300 }, (_, i) => `${round} ${i}`);
    await Promise.all(keys.map((key) => db.storeToken(key, 'v', new Date(now + 1000))));
  }
  expect(client.prepare('SELECT count(*) FROM entry').pluck().get()).toBeLessThan(1500);
  await db.close();
});
