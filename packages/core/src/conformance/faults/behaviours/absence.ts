import assert from 'node:assert/strict';
import type { FaultBehaviour } from '../case.ts';

export const absence: FaultBehaviour = {
  name: 'faults: a backend that cannot be reached',
  cases: [
    {
      name: 'is not taken for an empty one, and is found when it comes, by who opened before and by who opens meanwhile',
      needs: ['kill', 'restart'],
      run: async (t) => {
        const before = await t.database();
        await t.recovered(() => before.storeToken('k', 'token'));
        await t.faults.kill();
        const meanwhile = await t.database();
        for (const db of [before, meanwhile]) {
          const calls = [
            () => db.getToken('k'),
            () => db.storeToken('new', 'token'),
            () => db.deleteToken('k'),
            () => db.accessTokens.get('j'),
            () => db.codes.consume('c', { client_id: 'c' }),
          ];
          for (const error of await Promise.all(calls.map((call) => t.failure(call)))) {
            assert.match(error.code, /^OAUTHDB_(UNAVAILABLE|TIMEOUT)$/);
            assert.equal(error.retryable, true);
          }
          // By now it is known that nobody is there, so that nothing was sent.
          assert.equal((await t.failure(() => db.storeToken('new', 'token'))).outcome, 'not_executed');
        }
        await t.faults.restart();
        for (const db of [before, meanwhile]) {
          await t.recovered(() => db.storeToken('k2', 'token'));
          assert.equal(await db.getToken('k'), db.supports.permanence ? 'token' : null);
          assert.equal(await db.getToken('new'), null);
        }
      },
    },
  ],
};
