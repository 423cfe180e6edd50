import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Take } from '../../driver.ts';
import type { Context } from '../context.ts';
import type { Behaviour } from '../suite.ts';
import { hour } from '../tools.ts';

function take(t: Context, name: string, attempt: string, more: Partial<Take> = {}): Take {
  return { key: t.key(name), attempt, rememberMs: 60_000, ...more };
}

export const taking: Behaviour = {
  name: 'taking',
  cases: [
    {
      name: 'gives the value once, and the key is gone',
      run: async (t) => {
        await t.driver.commit({ puts: [t.put('code', 'secret')] }, t.at());
        assert.deepEqual(await t.driver.take(take(t, 'code', 'a'), t.at()), {
          status: 'taken',
          value: 'secret',
        });
        assert.equal(await t.value('code'), null);
        assert.deepEqual(await t.driver.timeLeft([t.key('code')], t.at()), [null]);
      },
    },
    {
      name: 'gives the same answer to the attempt that repeats itself, and tells every other that it was used',
      run: async (t) => {
        await t.driver.commit({ puts: [t.put('code', 'secret', { expiresAt: t.at().now + hour })] }, t.at());
        await t.driver.take(take(t, 'code', 'a'), t.at());
        assert.deepEqual(await t.driver.take(take(t, 'code', 'a'), t.at()), {
          status: 'taken',
          value: 'secret',
        });
        assert.deepEqual(await t.driver.take(take(t, 'code', 'b'), t.at()), {
          status: 'used',
          value: 'secret',
        });
        assert.deepEqual(await t.driver.take(take(t, 'code', 'a'), t.at()), {
          status: 'taken',
          value: 'secret',
        });
      },
    },
    {
      name: 'says that nothing is there',
      run: async (t) => {
        assert.deepEqual(await t.driver.take(take(t, 'code', 'a'), t.at()), { status: 'absent' });
        assert.deepEqual(await t.driver.take(take(t, 'code', 'a'), t.at()), { status: 'absent' });
      },
    },
    {
      name: 'refuses what does not contain what it must, and leaves it',
      run: async (t) => {
        const value = '{"client_id":"client_%.*[a]","scope":"mcp:*"}';
        await t.driver.commit({ puts: [t.put('code', value)] }, t.at());
        // Each would match as a pattern of some language, and none is in the value as it stands.
        for (const containing of [
          '"cl.ent_id"',
          '"cl%ent_id"',
          '"cl_ent_id"',
          '"cl?ent_id"',
          '"cl*"',
          '"CLIENT_ID"',
          '\0',
        ]) {
          const refused = await t.driver.take(take(t, 'code', 'a', { containing }), t.at());
          assert.deepEqual(refused, { status: 'refused' }, containing);
        }
        assert.equal(await t.value('code'), value);
        const wanted = take(t, 'code', 'a', { containing: '"client_id":"client_%.*[a]"' });
        assert.deepEqual(await t.driver.take(wanted, t.at()), { status: 'taken', value });
      },
    },
    {
      name: 'forgets that a key was used once it is put again',
      run: async (t) => {
        await t.driver.commit({ puts: [t.put('code', 'first')] }, t.at());
        await t.driver.take(take(t, 'code', 'a'), t.at());
        await t.driver.commit({ puts: [t.put('code', 'second')] }, t.at());
        assert.deepEqual(await t.driver.take(take(t, 'code', 'b'), t.at()), {
          status: 'taken',
          value: 'second',
        });
      },
    },
    {
      name: 'remembers as long as it is told and as the entry would have lived, and no longer',
      run: async (t) => {
        await t.driver.commit({ puts: [t.put('short', 'v', { expiresAt: t.at().now + 200 })] }, t.at());
        await t.driver.commit({ puts: [t.put('long', 'v', { expiresAt: t.at().now + hour })] }, t.at());
        const status = async (name: string) => (await t.driver.take(take(t, name, 'b'), t.at())).status;
        const began = t.at().now;
        await t.driver.take(take(t, 'short', 'a', { rememberMs: 400 }), t.at());
        await t.driver.take(take(t, 'long', 'a', { rememberMs: 400 }), t.at());
        if (t.supports.clock) t.clock.advance(399);
        for (let used = true; used;) {
          used = (await status('short')) === 'used';
          if (t.at().now < began + 400) assert.ok(used, 'forgotten too early');
          assert.ok(t.at().now < began + 10_000, 'never forgotten');
          if (t.supports.clock) t.clock.advance(1);
          else await sleep(10);
        }
        assert.equal(await status('short'), 'absent');
        assert.equal(await status('long'), 'used');
      },
    },
    {
      name: 'leaves no trace that a listing shows',
      run: async (t) => {
        const tags = [{ name: t.key('tag'), member: 'code' }];
        await t.driver.commit({ puts: [t.put('code', 'v', { tags })] }, t.at());
        await t.driver.take(take(t, 'code', 'a'), t.at());
        if (t.supports.scan) assert.deepEqual(await t.listed({ prefix: 'code' }), []);
      },
    },
    {
      name: 'within a change does all of it, or nothing',
      run: async (t) => {
        await t.driver.commit({ puts: [t.put('code', 'value of client a')] }, t.at());
        const change = (attempt: string, containing: string) => ({
          take: take(t, 'code', attempt, { containing }),
          puts: [t.put('token', `of ${attempt}`)],
        });
        assert.equal((await t.driver.commit(change('a', 'client b'), t.at())).committed, false);
        assert.equal(await t.value('token'), null);
        assert.equal((await t.driver.commit(change('b', 'client a'), t.at())).committed, true);
        assert.equal(await t.value('token'), 'of b');
        assert.equal(await t.value('code'), null);
        assert.equal((await t.driver.commit(change('c', 'client a'), t.at())).committed, false);
        assert.equal(await t.value('token'), 'of b');
        const used = await t.driver.take(take(t, 'code', 'd'), t.at());
        assert.deepEqual(used, { status: 'used', value: 'value of client a' });
      },
    },
    {
      name: 'within a change that repeats itself writes nothing a second time',
      run: async (t) => {
        await t.driver.commit({ puts: [t.put('code', 'v')] }, t.at());
        const change = { take: take(t, 'code', 'a'), puts: [t.put('token', 'v')] };
        assert.equal((await t.driver.commit(change, t.at())).committed, true);
        // Revoked meanwhile: a repeat must not bring it back.
        await t.driver.commit({ deletes: [{ key: t.key('token') }] }, t.at());
        assert.deepEqual(await t.driver.commit(change, t.at()), { committed: true, deleted: 0 });
        assert.equal(await t.value('token'), null);
      },
    },
    {
      name: 'is what a deletion can be remembered as, as long as the entry would have lived',
      run: async (t) => {
        const [key, endless] = [t.key('token'), t.key('endless')];
        const tags = [{ name: t.key('tag'), member: 'token' }];
        const put = t.put('token', 'v', { expiresAt: t.at().now + hour, tags });
        await t.driver.commit({ puts: [put, t.put('endless', 'v')] }, t.at());
        const [{ version } = { version: '' }] = (await t.driver.read([key], t.at())).filter(
          (one) => one !== null,
        );
        const deletes = [
          { key, tags, remembered: true },
          { key: t.key('none'), remembered: true },
        ];
        const change = { checks: [{ key, version }], deletes };
        if (!t.supports.transactions) deletes.pop();
        assert.deepEqual(await t.driver.commit(change, t.at()), { committed: true, deleted: 1 });
        const ending = { deletes: [{ key: endless, remembered: true }] };
        assert.deepEqual(await t.driver.commit(ending, t.at()), { committed: true, deleted: 1 });
        // A repeat finds nothing, and has nothing forgotten.
        assert.deepEqual(await t.driver.commit(ending, t.at()), { committed: true, deleted: 0 });
        if (t.supports.clock) t.clock.advance(hour - 1);
        assert.deepEqual(await t.driver.read([key, endless], t.at()), [null, null]);
        const status = async (name: string) => (await t.driver.take(take(t, name, 'a'), t.at())).status;
        assert.deepEqual([await status('token'), await status('none')], ['used', 'absent']);
        const anew = { checks: [{ key, version: null, unused: true }], puts: [t.put('token', 'w')] };
        assert.equal((await t.driver.commit(anew, t.at())).committed, false);
        if (t.supports.clock) {
          t.clock.advance(1);
          assert.equal((await t.driver.commit(anew, t.at())).committed, true);
          t.clock.advance(100_000 * hour);
        }
        assert.equal(await status('endless'), 'used');
      },
    },
    {
      name: 'is seen by a check that the key is not used, in the step that it is made in',
      run: async (t) => {
        const key = t.key('code');
        const unused = { checks: [{ key, version: null, unused: true }], puts: [t.put('code', 'again')] };
        await t.driver.commit({ puts: [t.put('code', 'v')] }, t.at());
        assert.equal((await t.driver.commit(unused, t.at())).committed, false);
        await t.driver.take(take(t, 'code', 'a'), t.at());
        assert.equal((await t.driver.commit(unused, t.at())).committed, false);
        assert.equal(await t.value('code'), null);
        const absent = { checks: [{ key, version: null }], puts: [t.put('code', 'again')] };
        assert.equal((await t.driver.commit(absent, t.at())).committed, true);
        const other = {
          checks: [{ key: t.key('other'), version: null, unused: true }],
          puts: [t.put('other', 'v')],
        };
        assert.equal((await t.driver.commit(other, t.at())).committed, true);
        assert.equal(await t.value('other'), 'v');
      },
    },
  ],
};
