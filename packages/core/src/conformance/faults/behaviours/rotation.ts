import assert from 'node:assert/strict';
import { flow, issueTokens, successors } from '../../behaviours/grants/flow.ts';
import { contend } from '../../tools.ts';
import type { FaultBehaviour } from '../case.ts';
import { TIMEOUT_MS } from '../context.ts';
import { whileCut } from './cutting.ts';

const CLIENTS = 100;

export const cutRotation: FaultBehaviour = {
  name: 'faults: of a hundred who rotate one refresh token while connections are cut,',
  cases: [0, 60_000].map((gracePeriod) => ({
    name:
      gracePeriod === 0
        ? 'one at the most has a successor'
        : 'all have the same successor who have one, within the grace period',
    needs: ['cut'],
    run: async (t) => {
      const options = { rotation: { gracePeriod, graceCount: CLIENTS } };
      const databases = await contend(4, () => t.database(options));
      const beside = await t.beside(options);
      for (const db of databases) await t.recovered(() => db.storeToken('before', 'token'));
      for (let round = 0; round < 5; round++) {
        const { token } = await issueTokens(beside, flow());
        const made = await contend(CLIENTS, async () => successors());
        const answers = await whileCut(t, () =>
          contend(CLIENTS, (i) =>
            t.outcome(
              async () => databases[i % 4]?.refreshTokens.rotate(token, made[i]?.next ?? (() => null)),
              6 * TIMEOUT_MS,
            ),
          ),
        );
        const given = answers.flatMap((how) =>
          how.status === 'fulfilled' && how.value?.status === 'rotated' ? [how.value.token] : [],
        );
        if (gracePeriod === 0) assert.ok(given.length <= 1, `${given.length} rotated one token`);
        else assert.ok(new Set(given).size <= 1, `${new Set(given).size} successors of one token`);
        const alive = await contend(CLIENTS, async (i) => beside.refreshTokens.get(made[i]?.token ?? ''));
        const survivors = made.filter((_, i) => alive[i] !== null).map(({ token: survivor }) => survivor);
        // Without transactions a call that fails half-way may leave tokens that nobody was given.
        if (beside.supports.transactions)
          assert.ok(survivors.length <= 1, `${survivors.length} successors of one token are alive`);
        if (gracePeriod > 0) assert.ok(given.every((one) => survivors.includes(String(one))));
      }
    },
  })),
};
