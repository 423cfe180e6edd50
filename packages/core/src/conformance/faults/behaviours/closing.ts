import assert from 'node:assert/strict';
import type { FaultBehaviour } from '../case.ts';
import { TIMEOUT_MS } from '../context.ts';
import type { FaultName, Faults } from '../hook.ts';
import { settled } from '../settled.ts';

const CLOSING_MS = 1000;

const breaks: readonly (readonly [string, readonly FaultName[], (faults: Faults) => Promise<void>])[] = [
  ['hangs', ['hang'], (faults) => faults.hang()],
  ['is not there', ['kill'], (faults) => faults.kill()],
  ['loses its answers', ['dropReplies'], (faults) => faults.dropReplies()],
];

export const closingBroken: FaultBehaviour = {
  name: 'faults: closing takes a second at the most,',
  cases: breaks.map(([name, needs, fault]) => ({
    name: `while the backend ${name}, with calls under way and without any, once and again`,
    needs,
    run: async (t) => {
      const [busy, idle, unopened] = [await t.database(), await t.database(), await t.database()];
      for (const db of [busy, idle]) await t.recovered(() => db.storeToken('k', 'token'));
      await fault(t.faults);
      const calls = [
        () => busy.getToken('k'),
        () => busy.storeToken('k', 'new'),
        () => busy.deleteToken('k'),
      ];
      const underWay = calls.map((call) => t.outcome<unknown>(call, TIMEOUT_MS + CLOSING_MS));
      for (const db of [busy, idle, unopened]) {
        const closing = [db.close(), db.close()];
        const how = await settled(() => Promise.all(closing), CLOSING_MS);
        assert.equal(how.status, 'fulfilled', `close was still under way after ${Math.round(how.ms)} ms`);
        assert.equal((await t.failure(() => db.getToken('k'), 0)).code, 'OAUTHDB_CLOSED');
        assert.equal((await settled(() => db.close(), CLOSING_MS)).status, 'fulfilled');
      }
      await Promise.all(underWay);
    },
  })),
};
