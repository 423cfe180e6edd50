import assert from 'node:assert/strict';
import type { Behaviour } from '../suite.ts';
import { hour } from '../tools.ts';

export const roundTrips: Behaviour = {
  name: 'round trips',
  cases: [
    {
      name: 'reads back what was stored',
      run: async (t) => {
        const db = await t.database();
        await db.storeToken('user_123', 'oauth_token_value', new Date(Date.now() + 1000 * hour));
        assert.equal(await db.getToken('user_123'), 'oauth_token_value');
        assert.equal(await db.hasToken('user_123'), true);
        assert.deepEqual(await db.listTokens(), ['user_123']);
      },
    },
    {
      name: 'answers null and false for what is not there, never undefined',
      run: async (t) => {
        const db = await t.database();
        assert.equal(await db.getToken('nobody'), null);
        assert.equal(await db.hasToken('nobody'), false);
        assert.equal(await db.deleteToken('nobody'), false);
        assert.equal(await db.getTokenExpiry('nobody'), null);
        assert.deepEqual(await db.listTokens(), []);
        assert.deepEqual(await db.getTokens(['nobody']), [null]);
      },
    },
    {
      name: 'resolves storeToken and close with undefined',
      run: async (t) => {
        const db = await t.database();
        const results: unknown[] = [
          await db.storeToken('k', 'v'),
          await db.storeTokens([]),
          await db.close(),
        ];
        assert.deepEqual(results, [undefined, undefined, undefined]);
      },
    },
    {
      name: 'deletes once and says so',
      run: async (t) => {
        const db = await t.database();
        await db.storeToken('k', 'v');
        assert.equal(await db.deleteToken('k'), true);
        assert.equal(await db.deleteToken('k'), false);
        assert.equal(await db.getToken('k'), null);
        assert.equal(await db.hasToken('k'), false);
        assert.deepEqual(await db.listTokens(), []);
      },
    },
    {
      name: 'keeps the bare token under the prefix and the key, and nothing else',
      run: async (t) => {
        const db = await t.database();
        await db.storeToken('user_123', 'the bare token');
        assert.equal(await t.value('held:user_123'), 'the bare token');
        assert.deepEqual(await t.listed({ prefix: '' }), [t.key('held:user_123')]);
      },
    },
    {
      name: 'shows a write to every other connection at once',
      run: async (t) => {
        const [writer, reader] = [await t.database(), await t.database()];
        for (let i = 0; i < 20; i++) {
          await writer.storeToken('k', `v${i}`);
          assert.equal(await reader.getToken('k'), `v${i}`);
        }
        await writer.deleteToken('k');
        assert.equal(await reader.getToken('k'), null);
      },
    },
    {
      name: 'keeps the order of calls that were not awaited',
      run: async (t) => {
        const db = await t.database();
        const writes = Array.from({ length: 20 }, (_, i) => db.storeToken('k', `v${i}`));
        const read = db.getToken('k');
        await Promise.all(writes);
        assert.equal(await read, 'v19');
        assert.equal(await db.getToken('k'), 'v19');
      },
    },
  ],
};
