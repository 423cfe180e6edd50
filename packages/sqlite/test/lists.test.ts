import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { SqliteOAuthDatabase } from '../src/index.ts';

const EXPIRED = 10_000;

/** How many entries a transaction clears away. */
const CLEARED = 100;

it(`forgets ${EXPIRED} tokens of one user with the writes after their end`, async () => {
  let now = 1_700_000_000_000;
  const client = new Database(':memory:');
  const db = new SqliteOAuthDatabase({ client, now: () => now });
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

  for (let i = 0; i < EXPIRED / CLEARED; i++) await store('again');
  // By user, by client and by grant.
  expect([rows('entry'), rows('tag')]).toEqual([2, 6]);
  const left: string[] = [];
  for await (const { jti } of db.accessTokens.list({ username: 'u' })) left.push(jti);
  expect(left.toSorted()).toEqual(['again', 'long']);
  await db.close();
});
