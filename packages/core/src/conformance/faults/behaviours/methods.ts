import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import type { OAuthDatabase } from '../../../oauth-database.ts';
import { everyHeldMethod, everyMethod } from '../../every-method.ts';
import type { FaultBehaviour } from '../case.ts';
import { TIMEOUT_MS, type FaultContext } from '../context.ts';
import type { FaultName, Faults } from '../hook.ts';

type Call = () => Promise<unknown>;

const breaks: readonly (readonly [string, readonly FaultName[], (faults: Faults) => Promise<void>])[] = [
  ['it hangs', ['hang'], (faults) => faults.hang()],
  ['nobody is there', ['kill'], (faults) => faults.kill()],
  ['its answers are lost', ['dropReplies'], (faults) => faults.dropReplies()],
  ['its answers make no sense', ['garble'], (faults) => faults.garble()],
  ['it is full', ['fill'], (faults) => faults.fill()],
];

function callsOf(t: FaultContext, db: OAuthDatabase): readonly Call[] {
  const words = {
    client_id: t.secret('client'),
    username: t.secret('user'),
    state: t.secret('state'),
    code: t.secret('code'),
    jti: t.secret('jti'),
    token: t.secret('refresh'),
    session: t.secret('session'),
  };
  const held = everyHeldMethod(db, t.secret('key'), t.secret('token'));
  return [...Object.values(everyMethod(db, words)), ...Object.values(held)];
}

/** Of a method with several steps each has the time of a call. */
const STEPS = 4;

export const methods: FaultBehaviour = {
  name: 'faults: every method settles, and no error of any shows a secret,',
  cases: breaks.map(([name, needs, fault]) => ({
    name: `while ${name}`,
    needs,
    run: async (t) => {
      const key = randomBytes(32);
      t.secrets.push(key.toString('hex'), key.toString('base64'), key.toString('base64url'));
      const secrets = { keys: [{ id: 'k', key }], pepper: t.secret('pepper') };
      const [db, unopened] = [await t.database({ secrets }), await t.database({ maxRetriesPerRequest: 0 })];
      await t.recovered(() => db.storeToken('before', 'token'));
      await fault(t.faults);
      const calls = [...callsOf(t, db), ...callsOf(t, unopened)];
      await Promise.all(calls.map((call) => t.outcome(call, STEPS * TIMEOUT_MS)));
      for (const shown of [inspect(db, { depth: 10, showHidden: true }), JSON.stringify(db), process.title])
        assert.ok(!t.secrets.some((secret) => shown.includes(secret)), 'the database itself shows a secret');
    },
  })),
};
