import assert from 'node:assert/strict';
import type { Behaviour } from '../suite.ts';
import { collect, fails } from '../tools.ts';

export const closing: Behaviour = {
  name: 'closing',
  cases: [
    {
      name: 'may be done twice, at once and before anything else',
      run: async (t) => {
        const db = await t.database();
        await Promise.all([db.close(), db.close()]);
        await db.close();
        const unused = await t.database();
        await unused.close();
      },
    },
    {
      name: 'makes every method fail with OAUTHDB_CLOSED',
      run: async (t) => {
        const db = await t.database();
        await db.storeToken('k', 'v');
        await db.close();
        await fails(() => db.storeToken('k', 'v'), 'OAUTHDB_CLOSED');
        await fails(() => db.getToken('k'), 'OAUTHDB_CLOSED');
        await fails(() => db.hasToken('k'), 'OAUTHDB_CLOSED');
        await fails(() => db.deleteToken('k'), 'OAUTHDB_CLOSED');
        await fails(() => db.replaceToken('k', 'v', 'w'), 'OAUTHDB_CLOSED');
        await fails(() => db.getTokenExpiry('k'), 'OAUTHDB_CLOSED');
        await fails(() => db.getTokens(['k']), 'OAUTHDB_CLOSED');
        await fails(() => db.storeTokens([{ key: 'k', token: 'v' }]), 'OAUTHDB_CLOSED');
        await fails(() => db.deleteTokens(['k']), 'OAUTHDB_CLOSED');
        await fails(() => db.listTokens(), t.supports.scan ? 'OAUTHDB_CLOSED' : 'OAUTHDB_UNSUPPORTED');
        await fails(
          () => collect(db.scanTokens()),
          t.supports.scan ? 'OAUTHDB_CLOSED' : 'OAUTHDB_UNSUPPORTED',
        );
      },
    },
    {
      name: 'lets the calls under way end first',
      run: async (t) => {
        const db = await t.database();
        const writes = Array.from({ length: 20 }, (_, i) => db.storeToken(`k${i}`, 'v'));
        await db.close();
        await Promise.all(writes);
        const other = await t.database();
        assert.equal((await other.getTokens(writes.map((_, i) => `k${i}`))).includes(null), false);
      },
    },
    {
      name: 'leaves other connections alone, and the data of a backend that keeps it',
      run: async (t) => {
        const [first, second] = [await t.database(), await t.database()];
        await first.storeToken('k', 'v');
        await first.close();
        assert.equal(await second.getToken('k'), 'v');
        await second[Symbol.asyncDispose]();
        if (t.supports.permanence) assert.equal(await (await t.database()).getToken('k'), 'v');
      },
    },
  ],
};
