import assert from 'node:assert/strict';
import {
  anyAlive,
  flow,
  issuance,
  issueTokens,
  storeCode,
  successors,
} from '../../behaviours/grants/flow.ts';
import type { FaultBehaviour } from '../case.ts';
import { TIMEOUT_MS } from '../context.ts';
import type { Settled } from '../settled.ts';
import { cutAfter } from './cutting.ts';

const ROUNDS = 25;

export const cutRevocation: FaultBehaviour = {
  name: 'faults: a revocation that was acknowledged while connections were cut',
  cases: [
    {
      name: 'leaves nothing of what was issued or rotated beside it',
      needs: ['cut'],
      run: async (t) => {
        const [db, rival, beside] = [await t.database(), await t.database(), await t.beside()];
        for (const one of [db, rival]) await t.recovered(() => one.storeToken('before', 'token'));
        let acknowledged = 0;
        for (let round = 0; round < ROUNDS; round++) {
          const f = flow();
          const first = await issueTokens(beside, f);
          const [to, redeemed] = [successors(), issuance(f, await storeCode(beside, f))];
          const { jti, token, ...redemption } = redeemed;
          const [rotated, issued, , revoked] = await Promise.all([
            t.outcome(() => rival.refreshTokens.rotate(first.token, to.next), 6 * TIMEOUT_MS),
            t.outcome(() => rival.issue(redemption), 6 * TIMEOUT_MS),
            cutAfter(t, round % 12),
            t.outcome(() => db.revoke({ username: f.username }), 10 * TIMEOUT_MS),
          ]);
          if (revoked.status !== 'fulfilled') continue;
          acknowledged++;
          // Without transactions a call that fails half-way may leave tokens that nobody was given.
          const { transactions } = beside.supports;
          const isGiven = (how: Settled<{ status: string }>, status: string): boolean =>
            transactions || (how.status === 'fulfilled' && how.value.status === status);
          const given = [
            first,
            ...(isGiven(rotated, 'rotated') ? [to] : []),
            ...(isGiven(issued, 'issued') ? [{ jti, token }] : []),
          ];
          assert.equal(await anyAlive(beside, ...given), false, `round ${round}`);
        }
        assert.ok(acknowledged > 0, 'no revocation succeeded');
      },
    },
  ],
};
