import { expect, it } from 'vitest';
import { MemoryOAuthDatabase, MemoryStore } from '../src/index.ts';

const EXPIRED = 10_000;

it(`forgets ${EXPIRED} tokens of one user with the first write after their end`, async () => {
  let now = 1_700_000_000_000;
  const store = new MemoryStore();
  const db = new MemoryOAuthDatabase({ store, now: () => now });
  const storeToken = (jti: string, expires_at?: Date): Promise<unknown> =>
    db.accessTokens.store({ jti, client_id: 'c', username: 'u', grant_id: 'g', expires_at });
  await storeToken('long');
  for (let i = 0; i < EXPIRED; i++) await storeToken(`short ${i}`, new Date(now + 1000));
  expect(store.size).toBe(EXPIRED + 1);
  now += 1000;

  await storeToken('again');
  expect(store.size).toBe(2);
  // At a time when all were alive: what is listed then is what the list still holds.
  for (const list of ['oauth:user_tokens:u', 'oauth:client_grants:c', 'oauth:grant:g']) {
    expect([...store.members(list, now - 1000)]).toHaveLength(2);
  }
});
