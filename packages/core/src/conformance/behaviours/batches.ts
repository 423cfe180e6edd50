import assert from 'node:assert/strict';
import type { Behaviour } from '../suite.ts';
import { hour, refuses } from '../tools.ts';

export const batches: Behaviour = {
  name: 'batches',
  cases: [
    {
      name: 'store, read and delete many, in the order they were named',
      run: async (t) => {
        const db = await t.database();
        const keys = Array.from({ length: 1234 }, (_, i) => `k${i}`);
        await db.storeTokens(keys.map((key) => ({ key, token: `v of ${key}` })));
        assert.deepEqual(
          await db.getTokens(keys),
          keys.map((key) => `v of ${key}`),
        );
        assert.deepEqual(await db.getTokens(['k7', 'none', 'k3', 'k7']), [
          'v of k7',
          null,
          'v of k3',
          'v of k7',
        ]);
        assert.equal(await db.deleteTokens(['k1', 'none', 'k2', 'k1']), 2);
        assert.equal(await db.deleteTokens(keys), 1232);
        assert.deepEqual(await db.listTokens(), []);
      },
    },
    {
      name: 'do nothing when they are empty',
      run: async (t) => {
        const db = await t.database();
        await db.storeTokens([]);
        assert.deepEqual(await db.getTokens([]), []);
        assert.equal(await db.deleteTokens([]), 0);
      },
    },
    {
      name: 'give each token its own expiry',
      run: async (t) => {
        const db = await t.database();
        const now = t.at().now;
        await db.storeTokens([
          { key: 'ever', token: 'v' },
          { key: 'long', token: 'v', expiresAt: new Date(now + 2 * hour) },
          { key: 'past', token: 'v', expiresAt: new Date(now - 1) },
          { key: 'none', token: 'v', expiresAt: undefined },
        ]);
        assert.deepEqual(await db.getTokenExpiry('ever'), { expiresAt: null });
        assert.deepEqual(await db.getTokenExpiry('none'), { expiresAt: null });
        assert.equal(await db.getTokenExpiry('past'), null);
        const long = (await db.getTokenExpiry('long'))?.expiresAt?.getTime() ?? 0;
        assert.ok(Math.abs(long - now - 2 * hour) < hour / 2);
      },
    },
    {
      name: 'keep the last one where a key comes twice',
      run: async (t) => {
        const db = await t.database();
        await db.storeTokens([
          { key: 'k', token: 'first', expiresAt: new Date(t.at().now + hour) },
          { key: 'k', token: 'last' },
        ]);
        assert.equal(await db.getToken('k'), 'last');
        assert.deepEqual(await db.getTokenExpiry('k'), { expiresAt: null });
      },
    },
    {
      name: 'store nothing at all if one of them is wrong, and say which',
      run: async (t) => {
        const db = await t.database();
        const good = Array.from({ length: 600 }, (_, i) => ({ key: `k${i}`, token: 'v' }));
        await refuses(() => db.storeTokens([...good, { key: '', token: 'v' }]), /tokens\[600\]\.key/);
        await refuses(
          () => db.storeTokens([...good, { key: 'k', token: 7 as never }]),
          /tokens\[600\]\.token/,
        );
        await refuses(() => db.storeTokens([...good, null as never]), /tokens\[600\]/);
        await refuses(() => db.storeTokens('k' as never), /tokens must be an array/);
        await refuses(() => db.getTokens('k' as never), /keys must be an array/);
        await refuses(() => db.deleteTokens(['k0', undefined as never]), /keys\[1\]/);
        assert.deepEqual(await db.listTokens(), []);
      },
    },
  ],
};
