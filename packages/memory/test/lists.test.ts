import { expect, it } from 'vitest';
import { MemoryOAuthDatabase, MemoryStore } from '../src/index.ts';
import { LOOKED_AT } from '../src/lists.ts';
import { SWEEP } from '../src/memory-store.ts';
import { allPages } from './pages.ts';

const NOW = 1_700_000_000_000;

it('a user who has many tokens is rid of them after their end, so many with each write', async () => {
  const expired = 3 * SWEEP;
  let now = NOW;
  const store = new MemoryStore();
  const db = new MemoryOAuthDatabase({ store, now: () => now });
  const storeToken = (jti: string, expires_at?: Date): Promise<unknown> =>
    db.accessTokens.store({ jti, client_id: 'c', username: 'u', grant_id: 'g', expires_at });
  await storeToken('long');
  for (let i = 0; i < expired; i++) await storeToken(`short ${i}`, new Date(now + 1000));
  expect(store.size).toBe(expired + 1);
  now += 1000;

  for (let left = expired - SWEEP; left >= 0; left -= SWEEP) {
    await storeToken('again');
    expect(store.size).toBe(2 + left);
  }
  // At a time when all were alive: what is listed then is what the list still holds.
  for (const name of ['oauth:user_tokens:u', 'oauth:client_grants:c', 'oauth:grant:g']) {
    const { items } = allPages((page) => store.list({ tag: { name } }, page, now - 1000));
    expect(items.toSorted()).toHaveLength(2);
  }
});

it('a page takes a look at so many records, and at no more, however few of them it shows', () => {
  const dead = 3 * LOOKED_AT;
  const store = new MemoryStore();
  const tag = { name: 'list' };
  for (let i = 0; i < dead; i++) {
    store.put(`dead ${i}`, 'v', NOW, [{ ...tag, member: `dead ${i}` }]);
    store.put(`other ${i}`, 'v', null, [{ name: `other ${i}`, member: 'm' }]);
  }
  store.put('live', 'v', null, [{ ...tag, member: 'live' }]);

  const members = allPages((page) => store.list({ tag }, page, NOW));
  expect(members).toEqual({ items: ['live'], pages: 4 });
  const names = allPages((page) => store.tags('list', page, NOW));
  expect(names.items).toEqual(['list']);
  expect(names.pages).toBeGreaterThan(6);
  const keys = allPages((page) => store.list({ prefix: 'live' }, page, NOW));
  expect(keys.items).toEqual(['live']);
  expect(keys.pages).toBeGreaterThan(6);
});

it('a list goes on where it was, whatever goes between two pages', () => {
  const store = new MemoryStore();
  const tag = { name: 'list' };
  const put = (name: string): void => store.put(name, 'v', null, [{ ...tag, member: name }]);
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) put(name);
  const first = store.list({ tag }, { limit: 2 }, NOW);
  expect(first.items).toEqual(['a', 'b']);

  // The one where the next page begins, and one that takes its place in the memory.
  store.delete('c', NOW);
  put('g');
  store.delete('a', NOW);
  const rest = allPages((page) =>
    store.list({ tag }, { ...page, after: page.after ?? first.next ?? '' }, NOW),
  );
  expect(rest.items).toEqual(['d', 'e', 'f', 'g']);
});
