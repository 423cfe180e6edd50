import assert from 'node:assert/strict';
import type { Behaviour } from '../suite.ts';
import { hour } from '../tools.ts';

const soon = (): Date => new Date(Date.now() + 1000 * hour);

export const overwriting: Behaviour = {
  name: 'overwriting',
  cases: [
    {
      name: 'replaces the token',
      run: async (t) => {
        const db = await t.database();
        await db.storeToken('k', 'old');
        await db.storeToken('k', 'new');
        assert.equal(await db.getToken('k'), 'new');
        assert.deepEqual(await db.listTokens(), ['k']);
      },
    },
    {
      name: 'clears the old expiry when the new token has none',
      run: async (t) => {
        const db = await t.database();
        await db.storeToken('k', 'old', soon());
        await db.storeToken('k', 'new');
        assert.deepEqual(await db.getTokenExpiry('k'), { expiresAt: null });
        t.clock.advance(2000 * hour);
        assert.equal(await db.getToken('k'), 'new');
      },
    },
    {
      name: 'gives an expiry to a token that had none',
      run: async (t) => {
        const db = await t.database();
        await db.storeToken('k', 'old');
        await db.storeToken('k', 'new', soon());
        assert.notEqual((await db.getTokenExpiry('k'))?.expiresAt ?? null, null);
      },
    },
    {
      name: 'moves the expiry in both directions',
      run: async (t) => {
        const db = await t.database();
        for (const hours of [1, 1000, 2]) {
          const before = t.at().now;
          await db.storeToken('k', 'v', new Date(before + hours * hour));
          const left = (await t.driver.timeLeft([t.key('held:k')], t.at()))[0] ?? 0;
          assert.ok(left <= hours * hour && left > (hours - 0.5) * hour, `${left} ms left of ${hours} hours`);
        }
      },
    },
  ],
};
