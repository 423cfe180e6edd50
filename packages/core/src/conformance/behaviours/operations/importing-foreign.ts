import assert from 'node:assert/strict';
import type { Exported, ExportedRecord } from '../../../operations/exported.ts';
import type { Behaviour } from '../../suite.ts';
import { hour } from '../../tools.ts';
import { elsewhere } from './copying.ts';

/** A session of another program's, whose end only its backend tells. */
function session(id: string, end: Date, record: ExportedRecord['record']): Exported {
  return { kind: 'session', id, handles: 'plain', expires_at: end.toISOString(), record };
}

export const importingForeign: Behaviour = {
  name: 'importing of what another program kept',
  cases: [
    {
      name: 'takes an entry for the same whose end was told a little differently',
      run: async (t) => {
        const to = await t.issuer(elsewhere(t));
        const at = (ms: number): Exported => session('id', t.clock.in(hour + ms), { username: 'u' });
        assert.equal((await to.import([at(0)])).stored, 1);
        assert.equal((await to.import([at(-7)], { mode: 'replace' })).kept, 1);
        assert.equal((await to.import([at(-5000)], { mode: 'replace', dryRun: true })).replaced, 1);
        const other = session('id', t.clock.in(hour), { username: 'u', cart: ['a'] });
        assert.equal((await to.import([other], { mode: 'replace' })).replaced, 1);
      },
    },
    {
      name: "keeps an application's members of a session, whatever they are called",
      run: async (t) => {
        const to = await t.issuer(elsewhere(t));
        const own = { username: 'u', grace: 'days', successor: 'her son', client_id: 7, grant_id: null };
        assert.equal((await to.import([session('id', t.clock.in(hour), own)])).stored, 1);
        const { handle: _, expires_at: __, ...found } = (await to.sessions.get('id')) ?? {};
        assert.deepEqual(found, own);
      },
    },
  ],
};
