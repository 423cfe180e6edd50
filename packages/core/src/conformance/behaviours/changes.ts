import assert from 'node:assert/strict';
import type { Behaviour } from '../suite.ts';
import { hour } from '../tools.ts';

export const changes: Behaviour = {
  name: 'changes',
  cases: [
    {
      name: 'are made when every check holds',
      run: async (t) => {
        await t.driver.commit({ puts: [t.put('a', '1')] }, t.at());
        const [entry] = await t.driver.read([t.key('a')], t.at());
        const checks = [{ key: t.key('a'), version: entry?.version ?? null }];
        const done = await t.driver.commit({ checks, puts: [t.put('a', '2'), t.put('b', 'new')] }, t.at());
        assert.deepEqual(done, { committed: true, deleted: 0 });
        assert.equal(await t.value('a'), '2');
        assert.equal(await t.value('b'), 'new');
      },
    },
    {
      name: 'are not made, and leave nothing behind, when a check fails',
      run: async (t) => {
        await t.driver.commit({ puts: [t.put('a', '1')] }, t.at());
        const [entry] = await t.driver.read([t.key('a')], t.at());
        await t.driver.commit({ puts: [t.put('a', '2')] }, t.at());
        const tags = [{ name: t.key('tag'), member: 'b' }];
        const stale = {
          checks: [{ key: t.key('a'), version: entry?.version ?? null }],
          deletes: [{ key: t.key('a') }],
          puts: [t.put('b', 'new', { tags })],
        };
        assert.deepEqual(await t.driver.commit(stale, t.at()), { committed: false, deleted: 0 });
        assert.equal(await t.value('a'), '2');
        assert.equal(await t.value('b'), null);
        assert.deepEqual(await t.listed({ tag: 'tag' }), []);
      },
    },
    {
      name: 'check that a key is absent',
      run: async (t) => {
        const create = (value: string) =>
          t.driver.commit(
            { checks: [{ key: t.key('a'), version: null }], puts: [t.put('a', value)] },
            t.at(),
          );
        assert.equal((await create('1')).committed, true);
        assert.equal((await create('2')).committed, false);
        assert.equal(await t.value('a'), '1');
      },
    },
    {
      name: 'do not take a key that is absent for one that was read',
      run: async (t) => {
        await t.driver.commit({ puts: [t.put('a', '1')] }, t.at());
        const [entry] = await t.driver.read([t.key('a')], t.at());
        await t.driver.commit({ deletes: [{ key: t.key('a') }] }, t.at());
        const checks = [{ key: t.key('a'), version: entry?.version ?? null }];
        assert.equal((await t.driver.commit({ checks, puts: [t.put('a', '2')] }, t.at())).committed, false);
        assert.equal(await t.value('a'), null);
      },
    },
    {
      name: 'tell versions apart that look alike',
      run: async (t) => {
        const values = [
          '1',
          '01',
          '1.0',
          '',
          '0',
          ' 1',
          '1\0',
          'a',
          'A',
          'é',
          'e\u0301',
          '__proto__',
          'null',
        ];
        for (const stored of values) {
          await t.driver.commit({ puts: [t.put('a', stored)] }, t.at());
          const [entry] = await t.driver.read([t.key('a')], t.at());
          assert.equal(entry?.value, stored);
          for (const other of values) {
            if (other === stored) continue;
            await t.driver.commit({ puts: [t.put('a', other)] }, t.at());
            const checks = [{ key: t.key('a'), version: entry?.version ?? null }];
            const { committed } = await t.driver.commit({ checks, puts: [t.put('a', 'x')] }, t.at());
            assert.equal(committed, false, `${JSON.stringify(other)} passed for ${JSON.stringify(stored)}`);
          }
        }
      },
    },
    {
      name: 'treat what has expired as absent',
      run: async (t) => {
        if (t.supports.clock) {
          await t.driver.commit({ puts: [t.put('a', '1', { expiresAt: t.clock.now() + hour })] }, t.at());
          const [entry] = await t.driver.read([t.key('a')], t.at());
          t.clock.advance(hour);
          const stale = [{ key: t.key('a'), version: entry?.version ?? null }];
          assert.equal(
            (await t.driver.commit({ checks: stale, puts: [t.put('b', '1')] }, t.at())).committed,
            false,
          );
          assert.equal((await t.driver.commit({ deletes: [{ key: t.key('a') }] }, t.at())).deleted, 0);
        }
        const absent = [{ key: t.key('a'), version: null }];
        assert.equal(
          (await t.driver.commit({ checks: absent, puts: [t.put('a', '2')] }, t.at())).committed,
          true,
        );
        assert.deepEqual(await t.driver.timeLeft([t.key('a')], t.at()), [Infinity]);
      },
    },
    {
      name: 'count the keys that they deleted',
      run: async (t) => {
        await t.driver.commit({ puts: ['a', 'b', 'c'].map((name) => t.put(name, 'v')) }, t.at());
        const deletes = ['a', 'none', 'c'].map((name) => ({ key: t.key(name) }));
        assert.deepEqual(await t.driver.commit({ deletes }, t.at()), { committed: true, deleted: 2 });
        assert.deepEqual(await t.driver.commit({ deletes }, t.at()), { committed: true, deleted: 0 });
        assert.deepEqual(await t.listed({ prefix: '' }), t.supports.scan ? [t.key('b')] : []);
      },
    },
    {
      name: 'may ask for nothing at all',
      run: async (t) => {
        assert.deepEqual(await t.driver.commit({}, t.at()), { committed: true, deleted: 0 });
        const checks = [{ key: t.key('none'), version: null }];
        assert.deepEqual(await t.driver.commit({ checks }, t.at()), { committed: true, deleted: 0 });
      },
    },
    {
      name: 'are all or nothing across keys, where the backend says so',
      run: async (t) => {
        await t.driver.commit({ puts: [t.put('a', '1'), t.put('b', '1')] }, t.at());
        const [a, b] = await t.driver.read([t.key('a'), t.key('b')], t.at());
        await t.driver.commit({ puts: [t.put('b', '2')] }, t.at());
        const checks = [
          { key: t.key('a'), version: a?.version ?? null },
          { key: t.key('b'), version: b?.version ?? null },
        ];
        // Without transactions one check is all that a change may ask for.
        const change = {
          checks: t.supports.transactions ? checks : checks.slice(1),
          puts: [t.put('c', '1')],
        };
        assert.equal((await t.driver.commit(change, t.at())).committed, false);
        assert.equal(await t.value('c'), null);
      },
    },
    {
      name: 'do nothing after their deadline, and say so',
      run: async (t) => {
        await t.driver.commit({ puts: [t.put('a', 'old')] }, t.at());
        const { now } = t.at();
        const late = { now, deadline: t.at().deadline - 31_000 };
        const code = (work: Promise<unknown>) =>
          work.then(
            () => 'done',
            (error: { code?: string; outcome?: string }) => error,
          );
        for (const change of [{ puts: [t.put('a', 'new')] }, { deletes: [{ key: t.key('a') }] }]) {
          const answer = await code(t.driver.commit(change, late));
          assert.equal((answer as { code?: string }).code, 'OAUTHDB_TIMEOUT');
          assert.equal((answer as { outcome?: string }).outcome, 'not_executed');
        }
        const take = { key: t.key('a'), attempt: 'late', rememberMs: 1000 };
        assert.equal(((await code(t.driver.take(take, late))) as { code?: string }).code, 'OAUTHDB_TIMEOUT');
        assert.equal(await t.value('a'), 'old');
      },
    },
  ],
};
