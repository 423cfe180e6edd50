import assert from 'node:assert/strict';
import type { Behaviour } from '../suite.ts';

const PROFILES = ['memory', 'default', 'replicated', 'fsync'];
const SURVIVALS = ['yes', 'configured', 'window', 'no'];

export const guarantees: Behaviour = {
  name: 'guarantees',
  cases: [
    {
      name: 'say for each fault what becomes of what was acknowledged',
      run: async (t) => {
        const { guarantees: said } = await t.database();
        const { profile, survives, singleUse, notes } = said;
        assert.ok(PROFILES.includes(profile), `no such profile: ${profile}`);
        assert.deepEqual(Object.keys(survives).toSorted(), [
          'failover',
          'powerLoss',
          'processCrash',
          'serverCrash',
        ]);
        for (const [fault, survival] of Object.entries(survives)) {
          assert.ok(SURVIVALS.includes(survival), `${fault}: ${survival}`);
        }
        assert.ok(['always', 'until_failover'].includes(singleUse), `singleUse: ${singleUse}`);
        assert.ok(notes.length > 0, 'every promise rests on something');
        for (const note of notes) assert.match(note, /^[A-Z].*\.$/);
      },
    },
    {
      name: 'claim no more than the backend supports',
      run: async (t) => {
        const { guarantees: said, supports } = await t.database();
        const { profile, survives, singleUse } = said;
        assert.equal(profile === 'memory', !supports.permanence);
        assert.equal(survives.processCrash, supports.permanence ? 'yes' : 'no');
        if (profile === 'memory') {
          assert.deepEqual(new Set(Object.values(survives)), new Set(['no']));
        }
        if (profile === 'fsync') assert.equal(survives.powerLoss, 'yes');
        if (singleUse === 'always') assert.equal(survives.failover, 'no', 'nobody else takes over');
      },
    },
    {
      name: 'are the same for every database on the store, and cannot be changed',
      run: async (t) => {
        const [one, other] = [await t.database(), await t.database()];
        assert.deepEqual(one.guarantees, other.guarantees);
        assert.ok(Object.isFrozen(one.guarantees) && Object.isFrozen(one.guarantees.survives));
        assert.ok(Object.isFrozen(one.guarantees.notes));
      },
    },
  ],
};
