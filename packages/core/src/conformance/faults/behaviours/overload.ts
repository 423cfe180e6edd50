import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import type { FaultBehaviour } from '../case.ts';

const LIMIT = 200;

export const overload: FaultBehaviour = {
  name: 'faults: while the backend hangs, callers without a pause',
  cases: [
    {
      name: 'are refused beyond the limit, keep nobody from settling, and are served when it goes on',
      needs: ['hang', 'resume'],
      run: async (t) => {
        const db = await t.database({ maxCallsInFlight: LIMIT });
        await t.recovered(() => db.storeToken('k', 'token'));
        await t.faults.hang();
        const within = Array.from({ length: LIMIT }, (_, i) => t.failure(() => db.storeToken(`k${i}`, 'v')));
        const over = new AbortController();
        let refused = 0;
        // They call again the moment they are refused.
        const callers = Array.from({ length: 64 }, async () => {
          while (!over.signal.aborted) {
            const code = await db.storeToken('k', 'v').then(
              () => 'served',
              (error: { code?: string }) => error.code,
            );
            if (code === 'OAUTHDB_OVERLOADED') refused++;
          }
        });
        // Nobody is served yet, and everybody settles.
        for (const { code } of await Promise.all(within)) assert.match(code, /TIMEOUT|UNAVAILABLE/);
        assert.ok(refused >= 64, `${refused} were refused`);
        await t.faults.resume();
        over.abort();
        await Promise.all(callers);
        await turn();
        await t.recovered(() => db.storeToken('k', 'token'));
      },
    },
    {
      name: 'learn at once that there are too many',
      needs: ['hang'],
      run: async (t) => {
        const db = await t.database({ maxCallsInFlight: LIMIT });
        await t.recovered(() => db.storeToken('k', 'token'));
        await t.faults.hang();
        const within = Array.from({ length: LIMIT }, () => t.failure(() => db.storeToken('k', 'v')));
        const beyond = Array.from({ length: LIMIT }, () => t.failure(() => db.storeToken('k', 'v'), 0));
        // Whichever of them fails first, none is left without somebody who waits for it.
        const [refused, late] = await Promise.all([Promise.all(beyond), Promise.all(within)]);
        for (const { code, outcome } of refused) {
          assert.deepEqual([code, outcome], ['OAUTHDB_OVERLOADED', 'not_executed']);
        }
        for (const { code } of late) assert.match(code, /TIMEOUT|UNAVAILABLE/);
      },
    },
  ],
};
