import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { OAuthDatabase } from '../../oauth-database.ts';
import type { Context } from '../context.ts';
import type { Behaviour } from '../suite.ts';
import { hour } from '../tools.ts';

/**
 * In real time nothing can be stopped, so that only two things are certain: a read that ended before the expiry saw the token,
 * and a read that began after it did not. The backend counts from when it received the token, hence `storing`.
 */
async function watchExpire(t: Context, db: OAuthDatabase, key: string, life: number): Promise<void> {
  const began = Date.now();
  const expiresAt = began + life;
  await db.storeToken(key, 'v', new Date(expiresAt));
  const storing = Date.now() - began;
  for (;;) {
    const readBegan = Date.now();
    const token = await db.getToken(key);
    if (Date.now() < expiresAt) assert.equal(token, 'v', 'expired too early');
    // A millisecond for each rounding: of the two clocks, and of the life that is left.
    if (readBegan > expiresAt + storing + 2) {
      assert.equal(token, null, `still there ${readBegan - expiresAt} ms after its expiry`);
      break;
    }
    await sleep(1);
  }
  assert.equal(await db.hasToken(key), false);
  assert.equal(await db.getTokenExpiry(key), null);
  assert.equal(await db.deleteToken(key), false);
  assert.deepEqual(await t.listed({ prefix: 'held:' }), []);
}

export const expiry: Behaviour = {
  name: 'expiry',
  cases: [
    {
      name: 'ends a token at its expiry, to the millisecond, for every method',
      run: async (t) => {
        const db = await t.database();
        if (!t.supports.clock) return watchExpire(t, db, 'k', 350);
        await db.storeToken('k', 'v', t.clock.in(60_000));
        t.clock.advance(59_999);
        assert.equal(await db.getToken('k'), 'v');
        assert.equal(await db.hasToken('k'), true);
        assert.deepEqual(await db.listTokens(), ['k']);
        t.clock.advance(1);
        assert.equal(await db.getToken('k'), null);
        assert.equal(await db.hasToken('k'), false);
        assert.equal(await db.getTokenExpiry('k'), null);
        assert.deepEqual(await db.getTokens(['k']), [null]);
        assert.deepEqual(await db.listTokens(), []);
        assert.equal(await db.deleteToken('k'), false);
      },
    },
    {
      name: 'neither rounds a life of less than a second up nor loses it',
      run: async (t) => {
        const db = await t.database();
        if (!t.supports.clock) return watchExpire(t, db, 'k', 120);
        await db.storeToken('k', 'v', t.clock.in(120));
        t.clock.advance(119);
        assert.equal(await db.getToken('k'), 'v');
        t.clock.advance(1);
        assert.equal(await db.getToken('k'), null);
      },
    },
    {
      name: 'tells the expiry that was stored',
      run: async (t) => {
        const db = await t.database();
        const expiresAt = new Date(t.at().now + 5 * hour + 123);
        const began = Date.now();
        await db.storeToken('k', 'v', expiresAt);
        const told = (await db.getTokenExpiry('k'))?.expiresAt?.getTime() ?? Number.NaN;
        const took = t.supports.clock ? 0 : Date.now() - began + 1;
        assert.ok(Math.abs(told - expiresAt.getTime()) <= took, `off by ${told - expiresAt.getTime()} ms`);
      },
    },
    {
      name: 'stores nothing that has expired, and deletes what was there',
      run: async (t) => {
        const db = await t.database();
        const now = t.at().now;
        for (const at of [now, now - 1, now - hour, 0, -1, -8.64e15]) {
          await db.storeToken('k', 'old');
          await db.storeToken('k', 'late', new Date(at));
          assert.equal(await db.getToken('k'), null, `a token that ended at ${at}`);
          assert.deepEqual(await db.listTokens(), []);
          await db.storeTokens([{ key: 'other', token: 'late', expiresAt: new Date(at) }]);
          assert.equal(await db.hasToken('other'), false);
        }
      },
    },
    {
      name: 'takes dates in the year 9999 and at the end of time',
      run: async (t) => {
        const db = await t.database();
        for (const at of [Date.UTC(9999, 11, 31, 23, 59, 59, 999), 8.64e15]) {
          await db.storeToken('k', 'v', new Date(at));
          assert.equal(await db.getToken('k'), 'v');
          const told = (await db.getTokenExpiry('k'))?.expiresAt?.getTime() ?? Number.NaN;
          assert.ok(Math.abs(told - at) < hour, `${told} is not ${at}`);
        }
      },
    },
    {
      name: 'lets a token that is stored again after its expiry live anew',
      run: async (t) => {
        const db = await t.database();
        await db.storeToken('k', 'old', new Date(t.at().now + 50));
        if (t.supports.clock) t.clock.advance(50);
        else while ((await db.getToken('k')) !== null) await sleep(5);
        await db.storeToken('k', 'new');
        assert.equal(await db.getToken('k'), 'new');
        assert.deepEqual(await db.listTokens(), ['k']);
      },
    },
    {
      name: 'lets a token live as long as it should, by whoever whose clock is ten minutes off',
      run: async (t) => {
        for (const off of [-600_000, 600_000]) {
          const now = (): number => t.at().now + off;
          const db = await t.database({ now });
          await db.storeToken('k', 'v', new Date(now() + 60_000));
          const [left] = await t.driver.timeLeft([t.key('held:k')], { ...t.at(), now: now() });
          assert.ok(left !== null && Math.abs(Number(left) - 60_000) < 1000, `it lives for ${left} ms`);
        }
      },
    },
  ],
};
