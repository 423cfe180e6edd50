import assert from 'node:assert/strict';
import { flow, redirectUri, storeCode } from '../../behaviours/grants/flow.ts';
import { contend } from '../../tools.ts';
import type { FaultBehaviour } from '../case.ts';
import { TIMEOUT_MS, type FaultContext } from '../context.ts';
import { whileCut } from './cutting.ts';

const CONSUMERS = 20;

/** Of `CONSUMERS` who redeem each of so many codes, one has it; where not all is known, nobody but one can have it. */
async function everyCodeOnce(t: FaultContext, codes: number): Promise<void> {
  const databases = await contend(4, () => t.database());
  const beside = await t.beside();
  for (const db of databases) await t.recovered(() => db.storeToken('before', 'token'));
  for (let i = 0; i < codes; i += 25) {
    await contend(Math.min(25, codes - i), async () => {
      const f = flow();
      const code = await storeCode(beside, f);
      const redemption = { client_id: f.clientId, redirect_uri: redirectUri };
      const answers = await contend(CONSUMERS, (n) =>
        t.outcome(async () => databases[n % 4]?.codes.consume(code, redemption), 4 * TIMEOUT_MS),
      );
      const winners = answers.filter((how) => how.status === 'fulfilled' && how.value?.status === 'consumed');
      assert.ok(winners.length <= 1, `${winners.length} got one code`);
      if (winners.length === 1) return;
      // Nobody knows that he has it: then somebody does not know, or it is still there.
      const unsure = answers.some((how) => how.status === 'rejected' && outcomeOf(how.error) === 'unknown');
      if (!unsure) assert.notEqual(await beside.codes.peek(code), null, 'a code is gone, and nobody has it');
    });
  }
}

function outcomeOf(error: unknown): unknown {
  return (error as { outcome?: unknown }).outcome;
}

export const cutSingleUse: FaultBehaviour = {
  name: 'faults: of twenty who redeem one code, one has it,',
  cases: [
    { name: 'five hundred times', needs: [], run: (t) => everyCodeOnce(t, 500) },
    {
      name: 'while connections are cut',
      needs: ['cut'],
      run: (t) => whileCut(t, () => everyCodeOnce(t, 100)),
    },
  ],
};
