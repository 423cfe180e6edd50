import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Driver } from '../../driver.ts';
import type { Context } from '../context.ts';
import type { Behaviour } from '../suite.ts';
import { contend } from '../tools.ts';

const CONTENDERS = 50;

/** Contenders on five connections, so that no queue of one client puts them in order. */
async function connections(t: Context): Promise<(i: number) => Driver> {
  const drivers = [t.driver, ...(await contend(4, () => t.another()))];
  return (i) => drivers[i % drivers.length] ?? t.driver;
}

export const contention: Behaviour = {
  name: 'fifty contenders',
  cases: [
    {
      name: 'delete one token: one of them did it',
      run: async (t) => {
        const databases = await contend(5, () => t.database());
        await databases[0]?.storeToken('k', 'v');
        const answers = await contend(CONTENDERS, async (i) => databases[i % 5]?.deleteToken('k'));
        assert.equal(answers.filter((deleted) => deleted === true).length, 1);
        assert.equal(answers.filter((deleted) => deleted === false).length, CONTENDERS - 1);
      },
    },
    {
      name: 'take one entry: one of them has it, the others know that it was used',
      run: async (t) => {
        const driver = await connections(t);
        await t.driver.commit({ puts: [t.put('code', 'secret')] }, t.at());
        const taken = await contend(CONTENDERS, (i) =>
          driver(i).take({ key: t.key('code'), attempt: randomUUID(), rememberMs: 60_000 }, t.at()),
        );
        assert.equal(taken.filter(({ status }) => status === 'taken').length, 1);
        assert.equal(taken.filter(({ status }) => status === 'used').length, CONTENDERS - 1);
        assert.equal(await t.value('code'), null);
      },
    },
    {
      name: 'take one entry within a change: one change is made',
      run: async (t) => {
        const driver = await connections(t);
        await t.driver.commit({ puts: [t.put('code', 'secret')] }, t.at());
        const answers = await contend(CONTENDERS, (i) => {
          const take = { key: t.key('code'), attempt: randomUUID(), rememberMs: 60_000 };
          return driver(i).commit({ take, puts: [t.put(`token${i}`, 'v')] }, t.at());
        });
        const winners = answers.flatMap(({ committed }, i) => (committed ? [i] : []));
        assert.equal(winners.length, 1);
        assert.deepEqual(await t.listed({ prefix: 'token' }), [t.key(`token${winners[0]}`)]);
      },
    },
    {
      name: 'create one key: one of them did',
      run: async (t) => {
        const driver = await connections(t);
        const key = t.key('client');
        const answers = await contend(CONTENDERS, (i) =>
          driver(i).commit({ checks: [{ key, version: null }], puts: [t.put('client', `v${i}`)] }, t.at()),
        );
        const winners = answers.flatMap(({ committed }, i) => (committed ? [i] : []));
        assert.equal(winners.length, 1);
        assert.equal(await t.value('client'), `v${winners[0]}`);
      },
    },
    {
      name: 'replace what they have read: one of them does, and its companions are the only ones',
      run: async (t) => {
        const driver = await connections(t);
        await t.driver.commit({ puts: [t.put('refresh', 'old')] }, t.at());
        const answers = await contend(CONTENDERS, async (i) => {
          const [entry] = await driver(i).read([t.key('refresh')], t.at());
          const checks = [{ key: t.key('refresh'), version: entry?.version ?? null }];
          const puts = [t.put('refresh', `rotated by ${i}`), t.put(`successor${i}`, 'v')];
          return driver(i).commit({ checks, puts }, t.at());
        });
        const winners = answers.flatMap(({ committed }, i) => (committed ? [i] : []));
        assert.ok(winners.length >= 1);
        // Who read what another had written may replace that in turn; nobody replaces what he has not seen.
        const successors = await t.listed({ prefix: 'successor' });
        assert.deepEqual(successors, winners.map((i) => t.key(`successor${i}`)).toSorted());
      },
    },
    {
      name: 'count to fifty: no increment is lost',
      run: async (t) => {
        const driver = await connections(t);
        const key = t.key('counter');
        await contend(CONTENDERS, async (i) => {
          // Whoever loses has lost to somebody, so that nobody can lose as often as this.
          for (let tries = 0; tries <= CONTENDERS; tries++) {
            const [entry] = await driver(i).read([key], t.at());
            const checks = [{ key, version: entry?.version ?? null }];
            const puts = [t.put('counter', String(Number(entry?.value ?? 0) + 1))];
            const { committed } = await driver(i).commit({ checks, puts }, t.at());
            if (committed) return;
          }
          assert.fail('a change was refused although nobody else had made one');
        });
        assert.equal(await t.value('counter'), String(CONTENDERS));
      },
    },
  ],
};
