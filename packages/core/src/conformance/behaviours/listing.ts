import assert from 'node:assert/strict';
import type { OAuthDatabase } from '../../oauth-database.ts';
import type { Context } from '../context.ts';
import type { Behaviour, Case } from '../suite.ts';
import { collect, fails } from '../tools.ts';

/** A case about listing; a backend that cannot list must say so instead. */
function listing(name: string, run: (t: Context) => Promise<void>): Case {
  return {
    name,
    run: async (t) => {
      if (t.supports.scan) return run(t);
      const db = await t.database();
      await fails(() => db.listTokens(), 'OAUTHDB_UNSUPPORTED');
      await fails(() => collect(db.scanTokens()), 'OAUTHDB_UNSUPPORTED');
    },
  };
}

async function storeAll(db: OAuthDatabase, keys: readonly string[]): Promise<void> {
  await db.storeTokens(keys.map((key) => ({ key, token: `token of ${key}` })));
}

export const listings: Behaviour = {
  name: 'listing',
  cases: [
    listing('lists 10,000 keys: none missing, none twice, none foreign', async (t) => {
      const db = await t.database();
      const keys = Array.from({ length: 10_000 }, (_, i) => `user_${i}`).toSorted();
      await storeAll(db, keys);
      await storeAll(await t.database({ keyPrefix: `${t.prefix}other:` }), ['a', 'b', 'c']);
      assert.deepEqual((await db.listTokens()).toSorted(), keys);
      assert.deepEqual([...new Set(await collect(db.scanTokens()))].toSorted(), keys);
    }),
    listing('gives keys without the prefix, as getToken takes them', async (t) => {
      const db = await t.database();
      await storeAll(db, ['held:', `${t.prefix}held:`, 'a:b:c']);
      for (const key of await db.listTokens()) assert.equal(await db.getToken(key), `token of ${key}`);
      assert.equal((await db.listTokens()).length, 3);
    }),
    listing("shows no neighbour's keys, whose prefix begins alike", async (t) => {
      const [a, ab] = [
        await t.database({ keyPrefix: `${t.prefix}a:` }),
        await t.database({ keyPrefix: `${t.prefix}ab:` }),
      ];
      await storeAll(a, ['1']);
      await storeAll(ab, ['2']);
      assert.deepEqual(await a.listTokens(), ['1']);
      assert.deepEqual(await ab.listTokens(), ['2']);
    }),
    listing('takes a prefix with glob characters literally', async (t) => {
      for (const glob of ['a*:', 'a?:', '[ab]:', 'a\\:', '^a$:', 'a%_:', '{a}:']) {
        const db = await t.database({ keyPrefix: t.prefix + glob });
        const plain = await t.database({ keyPrefix: `${t.prefix}ax:` });
        await storeAll(db, ['mine']);
        await storeAll(plain, ['foreign']);
        assert.deepEqual(await db.listTokens(), ['mine'], `under the prefix ${glob}`);
      }
    }),
    listing('tells upper from lower case', async (t) => {
      const [lower, upper] = [
        await t.database({ keyPrefix: `${t.prefix}k:` }),
        await t.database({ keyPrefix: `${t.prefix}K:` }),
      ];
      await storeAll(lower, ['1', 'x', 'X']);
      await storeAll(upper, ['2']);
      assert.deepEqual((await lower.listTokens()).toSorted(), ['1', 'X', 'x']);
      assert.deepEqual(await upper.listTokens(), ['2']);
    }),
    listing('misses nothing that stays, while other keys come and go', async (t) => {
      const db = await t.database();
      const staying = Array.from({ length: 2000 }, (_, i) => `stay_${i}`);
      const going = Array.from({ length: 2000 }, (_, i) => `go_${i}`);
      await storeAll(
        db,
        staying.flatMap((key, i) => [key, going[i] ?? key]),
      );
      const seen = new Set<string>();
      let i = 0;
      for await (const key of db.scanTokens()) {
        seen.add(key);
        const gone = going[i++];
        if (gone !== undefined && i % 10 === 0) {
          await db.deleteToken(gone);
          await db.storeToken(`new_${i}`, 'v');
        }
      }
      assert.deepEqual(
        staying.filter((key) => !seen.has(key)),
        [],
      );
    }),
    listing('may be left before its end', async (t) => {
      const db = await t.database();
      await storeAll(
        db,
        Array.from({ length: 1500 }, (_, i) => `k${i}`),
      );
      for await (const key of db.scanTokens()) {
        assert.match(key, /^k\d+$/);
        break;
      }
      assert.equal((await db.listTokens()).length, 1500);
    }),
  ],
};
