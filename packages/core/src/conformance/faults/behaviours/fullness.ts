import assert from 'node:assert/strict';
import type { FaultBehaviour } from '../case.ts';
import { TIMEOUT_MS } from '../context.ts';

/** What is asked here is what is said, not how soon. */
const PATIENCE_MS = 20 * TIMEOUT_MS;

export const fullness: FaultBehaviour = {
  name: 'faults: a backend that is full',
  cases: [
    {
      name: 'says so, keeps what it has, gives it and uses it up, and stores again once there is room',
      needs: ['fill', 'free'],
      run: async (t) => {
        const db = await t.database({ commandTimeout: PATIENCE_MS });
        const large = 'x'.repeat(256 * 1024);
        await t.recovered(() => db.storeToken('k', 'before'));
        await t.faults.fill();
        for (const key of ['k', 'new']) {
          const { code, outcome } = await t.failure(() => db.storeToken(key, large), PATIENCE_MS);
          assert.deepEqual([code, outcome], ['OAUTHDB_STORE_FULL', 'not_executed']);
        }
        assert.deepEqual(await db.getTokens(['k', 'new']), ['before', null]);
        await t.faults.free();
        await db.storeToken('k', large);
        assert.equal(await db.getToken('k'), large);
      },
    },
  ],
};
