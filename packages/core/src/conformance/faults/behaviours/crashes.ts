import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { flow, issuance, type Flow, type Tokens } from '../../behaviours/grants/flow.ts';
import { collect } from '../../tools.ts';
import type { FaultBehaviour } from '../case.ts';
import { TIMEOUT_MS } from '../context.ts';

const ROUNDS = 2;
const WORKERS = 8;

export const crashedIndex: FaultBehaviour = {
  name: 'faults: a backend that is killed while tokens are issued',
  cases: [
    {
      name: 'lists every token that can be read, and has every one that was acknowledged',
      needs: ['kill', 'restart'],
      run: async (t) => {
        const [db, beside] = [await t.database({ maxRetriesPerRequest: 0 }), await t.beside()];
        if (!db.supports.permanence) return;
        for (let round = 0; round < ROUNDS; round++) {
          await t.recovered(() => db.storeToken('before', 'token'));
          const over = new AbortController();
          const issued: (Tokens & { f: Flow; acknowledged: boolean })[] = [];
          const workers = Array.from({ length: WORKERS }, async () => {
            while (!over.signal.aborted) {
              const f = flow();
              const { jti, token, ...rest } = issuance(f);
              const how = await t.outcome(() => db.issue(rest), 4 * TIMEOUT_MS);
              issued.push({ f, jti, token, acknowledged: how.status === 'fulfilled' });
            }
          });
          await sleep(30 + round * 20);
          await t.faults.kill();
          over.abort();
          await Promise.all(workers);
          await t.faults.restart();
          await t.recovered(() => db.storeToken('after', 'token'));
          const looked = issued.map(async ({ f, jti, token, acknowledged }) => {
            const owner = { username: f.username };
            const [access, refresh, jtis, handles] = await Promise.all([
              beside.accessTokens.get(jti),
              beside.refreshTokens.get(token),
              collect(beside.accessTokens.list(owner)),
              collect(beside.refreshTokens.list(owner)),
            ]);
            if (acknowledged) assert.ok(access !== null && refresh !== null, 'what was acknowledged is gone');
            if (db.supports.transactions) assert.equal(access === null, refresh === null);
            const isListed = jtis.some((one) => one.jti === jti);
            assert.equal(isListed, access !== null, 'an access token is readable and not listed');
            if (refresh !== null)
              assert.ok(
                handles.some(({ handle }) => handle === refresh.handle),
                'a refresh token is not listed',
              );
          });
          await Promise.all(looked);
        }
      },
    },
  ],
};
