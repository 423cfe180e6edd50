import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultBehaviour } from '../case.ts';
import { TIMEOUT_MS } from '../context.ts';
import { whileCut } from './cutting.ts';

const KEYS = Array.from({ length: 300 }, (_, i) => `k${i}`);
const [old, next] = [1, 2].map((n) => ({ id: `k${n}`, key: new Uint8Array(32).fill(n) }));

export const reencryptionBroken: FaultBehaviour = {
  name: 'faults: a reencryption whose connections are cut',
  cases: [
    {
      name: 'is finished by calling it again, and meanwhile no read finds anything missing',
      needs: ['cut'],
      run: async (t) => {
        if (old === undefined || next === undefined) return;
        const before = await t.beside({ secrets: { keys: [old] } });
        if (!before.supports.scan) return;
        await before.storeTokens(KEYS.map((key) => ({ key, token: `token of ${key}` })));
        const db = await t.database({ secrets: { keys: [next, old] } });
        const reader = await t.database({ secrets: { keys: [next, old] } });
        await t.recovered(() => db.storeToken('before', 'token'));
        const over = new AbortController();
        const reading = (async () => {
          for (let i = 0; !over.signal.aborted; i++) {
            const key = KEYS[i % KEYS.length] as string;
            const how = await t.outcome(() => reader.getToken(key));
            if (how.status === 'fulfilled') assert.equal(how.value, `token of ${key}`);
            await sleep(1);
          }
        })();
        // Whoever waits below gets the failure.
        reading.catch(() => {});
        await whileCut(t, async () => {
          for (let tries = 0; tries < 20; tries++) {
            const how = await t.outcome(() => db.reencrypt(), 100 * TIMEOUT_MS);
            if (how.status === 'fulfilled') return;
          }
        });
        await t.recovered(() => db.reencrypt());
        over.abort();
        await reading;
        const after = await t.beside({ secrets: { keys: [next] } });
        assert.deepEqual(
          await after.getTokens(KEYS),
          KEYS.map((key) => `token of ${key}`),
        );
        const { rewritten, unreadable } = await after.reencrypt();
        assert.deepEqual([rewritten, unreadable], [0, 0]);
      },
    },
  ],
};
