import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import type { OAuthDatabase } from '../../../oauth-database.ts';
import { everyHeldMethod, everyMethod } from '../../every-method.ts';
import type { FaultBehaviour } from '../case.ts';
import { TIMEOUT_MS, type FaultContext } from '../context.ts';
import type { FaultName, Faults } from '../hook.ts';
import { whileCut } from './cutting.ts';

type Call = () => Promise<unknown>;

type Work = () => Promise<void>;

const after =
  (fault: (faults: Faults) => Promise<void>) =>
  async (t: FaultContext, work: Work): Promise<void> => {
    await fault(t.faults);
    await work();
  };

const breaks: readonly (readonly [
  name: string,
  needs: readonly FaultName[],
  during: (t: FaultContext, work: Work) => Promise<void>,
])[] = [
  ['it hangs', ['hang'], after((faults) => faults.hang())],
  ['nobody is there', ['kill'], after((faults) => faults.kill())],
  ['its connections are cut', ['cut'], (t, work) => whileCut(t, work, 5)],
  ['its answers are lost', ['dropReplies'], after((faults) => faults.dropReplies())],
  ['its answers are late', ['delay'], after((faults) => faults.delay(80))],
  ['its answers make no sense', ['garble'], after((faults) => faults.garble())],
  ['it is full', ['fill'], after((faults) => faults.fill())],
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
  cases: breaks.map(([name, needs, during]) => ({
    name: `while ${name}`,
    needs,
    run: async (t) => {
      const secrets = { keys: [{ id: 'k', key: t.canaries.key() }], pepper: t.secret('pepper') };
      const db = await t.database({ secrets });
      const unopened = await t.database({ secrets, maxRetriesPerRequest: 0 });
      await t.recovered(() => db.storeToken('before', 'token'));
      const calls = [...callsOf(t, db), ...callsOf(t, unopened)];
      await during(t, async () => {
        await Promise.all(calls.map((call) => t.outcome(call, STEPS * TIMEOUT_MS)));
      });
      for (const shown of [inspect(db, { depth: 10, showHidden: true }), JSON.stringify(db)])
        assert.deepEqual(t.canaries.in(shown), [], 'the database itself shows a secret');
    },
  })),
};
