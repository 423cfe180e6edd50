import assert from 'node:assert/strict';
import { flow, issueTokens, redirectUri, storeCode, successors } from '../../behaviours/grants/flow.ts';
import { canonical, everythingIn } from '../../behaviours/operations/copying.ts';
import type { FaultBehaviour } from '../case.ts';
import { TIMEOUT_MS } from '../context.ts';
import { whileCut } from './cutting.ts';

export const importingBroken: FaultBehaviour = {
  name: 'faults: an import whose connections are cut',
  cases: [
    {
      name: 'is finished by calling it again, and makes nothing valid that was used up or rotated there',
      needs: ['cut'],
      run: async (t) => {
        const from = await t.beside();
        if (!from.supports.scan) return;
        const f = flow();
        const code = await storeCode(from, f);
        const { token } = await issueTokens(from, f);
        for (let i = 0; i < 40; i++) await issueTokens(from, flow());
        const all = await everythingIn(from);
        const [to, beside] = [await t.database(t.prefixes('copy')), await t.beside(t.prefixes('copy'))];
        await beside.import(all);
        // What happens at the copy, the second import does not undo.
        const redemption = { client_id: f.clientId, redirect_uri: redirectUri };
        assert.equal((await beside.codes.consume(code, redemption)).status, 'consumed');
        const successor = successors();
        assert.equal((await beside.refreshTokens.rotate(token, successor.next)).status, 'rotated');
        const before = (await everythingIn(beside)).map(canonical);
        await whileCut(t, async () => {
          for (let tries = 0; tries < 5; tries++) {
            const how = await t.outcome(() => to.import(all), 100 * TIMEOUT_MS);
            if (how.status === 'fulfilled') return;
          }
        });
        await t.recovered(() => to.import(all));
        const after = (await everythingIn(beside)).map(canonical);
        assert.deepEqual(new Set(after), new Set(before));
        assert.equal((await beside.codes.consume(code, redemption)).status, 'already_used');
        assert.equal(await beside.refreshTokens.get(token), null);
      },
    },
  ],
};
