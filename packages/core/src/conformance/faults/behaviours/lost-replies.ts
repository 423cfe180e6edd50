import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { flow, issueTokens, redirectUri, storeCode, successors } from '../../behaviours/grants/flow.ts';
import type { FaultBehaviour } from '../case.ts';
import { TIMEOUT_MS, type FaultContext } from '../context.ts';

const ROUNDS = 30;

/** Thirty at once, on a busy machine, and then once more. */
const PATIENCE_MS = 20 * TIMEOUT_MS;

/** Makes calls whose replies are lost until all are `carriedOut`, when they may be repeated: how each comes out. */
async function lettingThemRepeat<T>(
  t: FaultContext,
  calls: readonly (() => Promise<T>)[],
  carriedOut: () => Promise<boolean>,
): Promise<T[]> {
  const answers = Promise.all(calls.map((call) => t.outcome(call, 2 * PATIENCE_MS)));
  for (let tries = 0; tries < 100 && !(await carriedOut()); tries++) await sleep(5);
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
        await t.recovered(() => db.storeToken('before', 'token'));
        await t.faults.dropReplies();
        const answers = await lettingThemRepeat(t, calls, used);
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
        // They have read what they rotate: what is lost is the answer to the rotation itself.
        const ready = Promise.withResolvers<void>();
        let asked = 0;
        const calls = pairs.map(
          ({ token, to }) =>
            () =>
              db.refreshTokens.rotate(token, async () => {
                asked += 1;
                if (asked === ROUNDS) await t.faults.dropReplies().then(ready.resolve);
                await ready.promise;
                return to.next();
              }),
        );
        const carriedOut = async (): Promise<boolean> => {
          const old = await Promise.all(pairs.map(({ token }) => beside.refreshTokens.get(token)));
          return old.every((one) => one === null);
        };
        await t.recovered(() => db.storeToken('before', 'token'));
        const answers = await lettingThemRepeat(t, calls, carriedOut);
        for (const [i, { to }] of pairs.entries()) {
          const answer = answers[i];
          assert.equal(answer?.status === 'rotated' && answer.token, to.token);
          assert.notEqual(await beside.refreshTokens.get(to.token), null);
        }
      },
    },
  ],
};
