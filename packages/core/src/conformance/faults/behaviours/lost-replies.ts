import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { OAuthDatabase } from '../../../oauth-database.ts';
import { flow, issueTokens, redirectUri, storeCode, successors } from '../../behaviours/grants/flow.ts';
import type { FaultBehaviour } from '../case.ts';
import { TIMEOUT_MS, type FaultContext } from '../context.ts';

const ROUNDS = 30;

/** Thirty at once, on a busy machine, and then once more. */
const PATIENCE_MS = 5 * TIMEOUT_MS;

/** Makes calls whose replies are all lost, and lets them be repeated once `carriedOut`: how each comes out. */
async function withoutReplies<T>(
  t: FaultContext,
  db: OAuthDatabase,
  calls: readonly (() => Promise<T>)[],
  carriedOut: () => Promise<boolean>,
): Promise<T[]> {
  await t.recovered(() => db.storeToken('before', 'token'));
  await t.faults.dropReplies();
  const answers = Promise.all(calls.map((call) => t.outcome(call, 4 * PATIENCE_MS)));
  for (let tries = 0; tries < 20 && !(await carriedOut()); tries++) await sleep(5);
  await t.faults.resume();
  return (await answers).map((how) => {
    if (how.status === 'fulfilled') return how.value;
    throw how.status === 'rejected' ? how.error : new Error('pending');
  });
}

export const lostReplies: FaultBehaviour = {
  name: 'faults: when the answers to all of thirty calls are lost',
  cases: [
    {
      name: 'every code is redeemed by who redeemed it, and burnt for nobody',
      needs: ['dropReplies', 'resume'],
      run: async (t) => {
        const [db, beside] = [await t.database({ commandTimeout: PATIENCE_MS }), await t.beside()];
        const flows = Array.from({ length: ROUNDS }, () => flow());
        const codes = await Promise.all(flows.map((f) => storeCode(beside, f)));
        const calls = codes.map((code, i) => () => {
          const client_id = String(flows[i]?.clientId);
          return db.codes.consume(code, { client_id, redirect_uri: redirectUri });
        });
        const used = async (): Promise<boolean> =>
          (await Promise.all(codes.map((code) => beside.codes.peek(code)))).every((code) => code === null);
        const answers = await withoutReplies(t, db, calls, used);
        assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set(['consumed']));
        const again = await Promise.all(
          codes.map((code, i) => beside.codes.consume(code, { client_id: String(flows[i]?.clientId) })),
        );
        assert.deepEqual(new Set(again.map(({ status }) => status)), new Set(['already_used']));
      },
    },
    {
      name: 'every rotation gives its own successor, and none is taken for theft',
      needs: ['dropReplies', 'resume'],
      run: async (t) => {
        const [db, beside] = [await t.database({ commandTimeout: PATIENCE_MS }), await t.beside()];
        const pairs = await Promise.all(
          Array.from({ length: ROUNDS }, async () => ({
            ...(await issueTokens(beside, flow())),
            to: successors(),
          })),
        );
        const calls = pairs.map(
          ({ token, to }) =>
            () =>
              db.refreshTokens.rotate(token, to.next),
        );
        const answers = await withoutReplies(t, db, calls, async () => false);
        for (const [i, { to }] of pairs.entries()) {
          const answer = answers[i];
          assert.equal(answer?.status === 'rotated' && answer.token, to.token);
          assert.notEqual(await beside.refreshTokens.get(to.token), null);
        }
      },
    },
  ],
};
