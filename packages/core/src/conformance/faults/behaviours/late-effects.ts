import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultBehaviour } from '../case.ts';
import { TIMEOUT_MS, type FaultContext } from '../context.ts';
import { SLACK_MS } from '../settled.ts';

const KEYS = Array.from({ length: 48 }, (_, i) => `k${i}`);

/** Changes every key in a way of its own while the backend hangs, and gives all of it up. */
async function giveUp(t: FaultContext): Promise<void> {
  const db = await t.database();
  // It is connected, and has the server's time, where there is one.
  await t.recovered(() => db.storeToken('first', 'token'));
  await t.faults.hang();
  const calls = KEYS.map((key, i) => () => {
    if (i % 3 === 0) return db.storeToken(key, 'late');
    if (i % 3 === 1) return db.deleteToken(key);
    return db.storeTokens([{ key, token: 'late' }]);
  });
  const consume = () => db.codes.consume('code', { client_id: 'c' });
  for (const { code, retryable } of await Promise.all([...calls, consume].map((call) => t.failure(call)))) {
    assert.match(code, /^OAUTHDB_(TIMEOUT|UNAVAILABLE)$/);
    assert.equal(retryable, true);
  }
  await t.faults.resume();
}

export const lateEffects: FaultBehaviour = {
  name: 'faults: what was given up while the backend hung',
  cases: [
    {
      name: 'never happens: nothing is written, deleted or used up when it goes on',
      needs: ['hang', 'resume'],
      run: async (t) => {
        const beside = await t.beside();
        await beside.storeTokens(KEYS.map((key) => ({ key, token: 'before' })));
        await beside.codes.store('code', { client_id: 'c' });
        await giveUp(t);
        for (let i = 0; i < 10; i++) {
          assert.deepEqual(new Set(await beside.getTokens(KEYS)), new Set(['before']));
          await sleep(20);
        }
        assert.equal((await beside.codes.consume('code', { client_id: 'c' })).status, 'consumed');
      },
    },
    {
      name: 'does not overwrite what somebody has stored since',
      needs: ['hang', 'resume'],
      run: async (t) => {
        const beside = await t.beside();
        await beside.storeTokens(KEYS.map((key) => ({ key, token: 'before' })));
        await giveUp(t);
        await beside.storeTokens(KEYS.map((key) => ({ key, token: 'since' })));
        // Whatever waits for a new connection has one by then.
        for (
          const end = performance.now() + TIMEOUT_MS + SLACK_MS;
          performance.now() < end;
          await sleep(50)
        ) {
          assert.deepEqual(new Set(await beside.getTokens(KEYS)), new Set(['since']));
        }
      },
    },
  ],
};
