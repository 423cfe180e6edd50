import assert from 'node:assert/strict';
import type { Behaviour } from '../suite.ts';
import { hour } from '../tools.ts';

export const reading: Behaviour = {
  name: 'reading',
  cases: [
    {
      name: 'gives entries and lives in the order of the keys, null for what is absent',
      run: async (t) => {
        const { now } = t.at();
        await t.driver.commit(
          { puts: [t.put('ever', '1'), t.put('hour', '2', { expiresAt: now + hour })] },
          t.at(),
        );
        const keys = ['none', 'hour', 'ever', 'hour'].map((name) => t.key(name));
        const entries = await t.driver.read(keys, t.at());
        assert.deepEqual(
          entries.map((entry) => entry?.value ?? null),
          [null, '2', '1', '2'],
        );
        assert.equal(entries.includes(undefined as never), false);
        const [none, left, ever] = await t.driver.timeLeft(keys, t.at());
        assert.equal(none, null);
        assert.equal(ever, Infinity);
        assert.ok(left !== null && left !== undefined && left <= hour && left > hour / 2, `${left} ms left`);
      },
    },
    {
      name: 'gives a version that changes with the value and only then',
      run: async (t) => {
        const version = async () => (await t.driver.read([t.key('a')], t.at()))[0]?.version;
        await t.driver.commit({ puts: [t.put('a', '1')] }, t.at());
        const first = await version();
        assert.equal(await version(), first);
        await t.driver.commit({ puts: [t.put('a', '2')] }, t.at());
        assert.notEqual(await version(), first);
      },
    },
    {
      name: 'reads hundreds of keys at once',
      run: async (t) => {
        const names = Array.from({ length: 500 }, (_, i) => `k${i}`);
        await t.driver.commit({ puts: names.map((name) => t.put(name, `v of ${name}`)) }, t.at());
        const entries = await t.driver.read(
          names.map((name) => t.key(name)),
          t.at(),
        );
        assert.deepEqual(
          entries.map((entry) => entry?.value),
          names.map((name) => `v of ${name}`),
        );
      },
    },
    {
      name: 'says what the backend supports, in four booleans that do not change',
      run: async (t) => {
        const before = { ...t.supports };
        assert.deepEqual(Object.keys(before).toSorted(), ['clock', 'permanence', 'scan', 'transactions']);
        for (const value of Object.values(before)) assert.equal(typeof value, 'boolean');
        assert.match(t.driver.name, /^[a-z][a-z0-9-]*$/);
        const db = await t.database();
        await db.storeToken('k', 'v');
        assert.deepEqual({ ...db.supports }, before);
        await db.close();
        assert.deepEqual({ ...db.supports }, before);
      },
    },
  ],
};
