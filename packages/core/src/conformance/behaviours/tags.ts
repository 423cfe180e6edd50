import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from '../context.ts';
import type { Behaviour } from '../suite.ts';
import { hour } from '../tools.ts';

const tagged = (t: Context, tag: string, member: string, shared: boolean) => ({
  name: t.key(tag),
  member,
  shared,
});

export const tags: Behaviour = {
  name: 'tags',
  cases: [false, true].flatMap((shared) => {
    const kind = shared ? 'a shared tag' : 'a tag';
    return [
      {
        name: `${kind} lists what was put under it, by member`,
        run: async (t: Context) => {
          const puts = ['x', 'y', 'z'].map((member) =>
            t.put(`token:${member}`, 'v', {
              tags: [tagged(t, 'alice', member, shared), tagged(t, 'all', member, shared)],
            }),
          );
          await t.driver.commit({ puts }, t.at());
          await t.driver.commit(
            { puts: [t.put('token:b', 'v', { tags: [tagged(t, 'bob', 'b', shared)] })] },
            t.at(),
          );
          assert.deepEqual(await t.listed({ tag: 'alice', shared }), ['x', 'y', 'z']);
          assert.deepEqual(await t.listed({ tag: 'all', shared }), ['x', 'y', 'z']);
          assert.deepEqual(await t.listed({ tag: 'bob', shared }), ['b']);
          assert.deepEqual(await t.listed({ tag: 'nobody', shared }), []);
        },
      },
      {
        name: `${kind} lists no more what was deleted with it`,
        run: async (t: Context) => {
          const puts = ['x', 'y'].map((member) =>
            t.put(member, 'v', { tags: [tagged(t, 'alice', member, shared)] }),
          );
          await t.driver.commit({ puts }, t.at());
          const deletes = [{ key: t.key('x'), tags: [tagged(t, 'alice', 'x', shared)] }];
          assert.equal((await t.driver.commit({ deletes }, t.at())).deleted, 1);
          assert.deepEqual(await t.listed({ tag: 'alice', shared }), ['y']);
        },
      },
      {
        name: `${kind} keeps members of any form apart`,
        run: async (t: Context) => {
          const members = [
            ' ',
            '\0',
            '{x}',
            '{',
            '}',
            '*',
            '__proto__',
            'é',
            '\u{1f600}',
            'a:b',
            '-inf',
            '1e3',
            'x'.repeat(300),
          ];
          const puts = members.map((member, i) =>
            t.put(`k${i}`, 'v', { tags: [tagged(t, 'odd', member, shared)] }),
          );
          await t.driver.commit({ puts }, t.at());
          assert.deepEqual(await t.listed({ tag: 'odd', shared }), [...members].toSorted());
        },
      },
      {
        name: `${kind} does not outgrow its live members: the next write drops what has expired`,
        run: async (t: Context) => {
          const { now } = t.at();
          const life = t.supports.clock ? hour : 1500;
          const short = Array.from({ length: 500 }, (_, i) =>
            t.put(`short${i}`, 'v', {
              expiresAt: now + life,
              tags: [tagged(t, 'alice', `short${i}`, shared)],
            }),
          );
          await t.driver.commit({ puts: short }, t.at());
          const write = (name: string) =>
            t.driver.commit(
              { puts: [t.put(name, 'v', { tags: [tagged(t, 'alice', name, shared)] })] },
              t.at(),
            );
          await write('first');
          assert.equal((await t.listed({ tag: 'alice', shared })).length, 501);
          if (t.supports.clock) t.clock.advance(hour);
          else while ((await t.value('short499')) !== null) await sleep(50);
          // The nodes of a cluster have clocks of their own, and replies take their time.
          await sleep(t.supports.clock ? 0 : 250);
          await write('second');
          assert.deepEqual(await t.listed({ tag: 'alice', shared }), ['first', 'second']);
        },
      },
      {
        name: `${kind} of one member lives as long as the entry does`,
        run: async (t: Context) => {
          const put = (expiresAt: number | null) =>
            t.driver.commit(
              { puts: [t.put('k', 'v', { expiresAt, tags: [tagged(t, 'alice', 'k', shared)] })] },
              t.at(),
            );
          await put(t.at().now + (t.supports.clock ? 1000 : 600));
          await put(null);
          if (t.supports.clock) t.clock.advance(2000);
          else await sleep(700);
          assert.equal(await t.value('k'), 'v');
          assert.deepEqual(await t.listed({ tag: 'alice', shared }), ['k']);
        },
      },
      {
        name: `${kind} lists 5,000 members in pages, none missing`,
        run: async (t: Context) => {
          const members = Array.from({ length: 5000 }, (_, i) => `m${i}`).toSorted();
          for (let i = 0; i < members.length; i += 500) {
            const puts = members
              .slice(i, i + 500)
              .map((member) => t.put(member, 'v', { tags: [tagged(t, 'many', member, shared)] }));
            await t.driver.commit({ puts }, t.at());
          }
          assert.deepEqual(await t.listed({ tag: 'many', shared }, 100), members);
        },
      },
    ];
  }),
};
