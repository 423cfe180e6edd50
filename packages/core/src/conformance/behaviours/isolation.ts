import assert from 'node:assert/strict';
import type { Behaviour } from '../suite.ts';

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
  ],
};
