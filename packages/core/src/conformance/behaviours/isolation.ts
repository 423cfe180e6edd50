import assert from 'node:assert/strict';
import type { Behaviour } from '../suite.ts';
import { oddText } from '../tools.ts';

export const isolation: Behaviour = {
  name: 'isolation',
  cases: [
    {
      name: 'keeps the same key under two prefixes apart',
      run: async (t) => {
        const [a, b] = [
          await t.database({ keyPrefix: `${t.prefix}a:` }),
          await t.database({ keyPrefix: `${t.prefix}b:` }),
        ];
        await a.storeToken('k', 'of a');
        assert.equal(await b.getToken('k'), null);
        assert.equal(await b.hasToken('k'), false);
        assert.equal(await b.deleteToken('k'), false);
        await b.storeToken('k', 'of b');
        assert.equal(await a.getToken('k'), 'of a');
        assert.equal(await b.deleteToken('k'), true);
        assert.equal(await a.getToken('k'), 'of a');
        assert.deepEqual(await b.listTokens(), []);
      },
    },
    {
      name: 'keeps every one of many odd prefixes apart',
      run: async (t) => {
        const odd = [
          'p:',
          'P:',
          'p*:',
          'p?:',
          '[p]:',
          '{p}:',
          '{}p:',
          '}p{:',
          'p\\:',
          'p%:',
          'p_:',
          'p\0:',
          '💥:',
          'p:q-:',
        ];
        const databases = await Promise.all(
          odd.map((prefix) => t.database({ keyPrefix: t.prefix + prefix })),
        );
        for (const [i, db] of databases.entries()) await db.storeToken('k', `of ${i}`);
        for (const [i, db] of databases.entries()) {
          assert.equal(await db.getToken('k'), `of ${i}`);
          const listed = await db.listTokens();
          // `p:` reaches into `p:q-:`, for what follows a prefix is free.
          assert.deepEqual(
            listed.filter((key) => key !== 'q-:k'),
            ['k'],
            `under the prefix ${odd[i]}`,
          );
        }
      },
    },
    {
      name: 'keeps every one of a hundred prefixes of odd characters apart, however they begin with one another',
      run: async (t) => {
        const odd = (): string => (t.bracesInPrefix ? oddText(4) : oddText(4).replaceAll(/[{}]/g, ''));
        const prefixes = [...new Set(Array.from({ length: 100 }, odd))];
        const databases = await Promise.all(
          prefixes.map((prefix) =>
            t.database({
              keyPrefix: `${t.prefix}h${prefix}`,
              serverKeyPrefix: `${t.prefix}s${prefix}`,
            }),
          ),
        );
        await Promise.all(databases.map((db, i) => db.storeToken('k', `of ${i}`)));
        await Promise.all(databases.map((db, i) => db.states.store('s', { client_id: `of ${i}` })));
        for (const [i, db] of databases.entries()) {
          const prefix = prefixes[i] ?? '';
          assert.equal(await db.getToken('k'), `of ${i}`);
          if (t.supports.scan) {
            // What follows a prefix is free, so that a longer one reaches into it.
            const reached = prefixes.map((other) => `${other}k`).filter((key) => key.startsWith(prefix));
            const keys = reached.map((key) => key.slice(prefix.length));
            assert.deepEqual((await db.listTokens()).toSorted(), keys.toSorted(), JSON.stringify(prefix));
          }
        }
        // Each uses its own up, and nobody else's.
        for (const [i, db] of databases.entries()) {
          const taken = await db.states.consume('s');
          assert.equal(taken.status === 'consumed' && taken.state.client_id, `of ${i}`);
          assert.equal(await db.deleteToken('k'), true);
        }
      },
    },
  ],
};
