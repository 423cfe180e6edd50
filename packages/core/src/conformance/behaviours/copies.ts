import assert from 'node:assert/strict';
import type { Behaviour } from '../suite.ts';
import { hour } from '../tools.ts';

export const copies: Behaviour = {
  name: 'copies',
  cases: [
    {
      name: 'are what callers get and give: nobody changes what is stored by changing them',
      run: async (t) => {
        const db = await t.database();
        const expiresAt = new Date(t.at().now + hour);
        const tokens = [{ key: 'k', token: 'v', expiresAt }];
        const storing = db.storeTokens(tokens);
        tokens.pop();
        expiresAt.setTime(0);
        await storing;
        assert.equal(await db.getToken('k'), 'v');

        (await db.listTokens()).pop();
        (await db.getTokens(['k'])).pop();
        (await db.getTokenExpiry('k'))?.expiresAt?.setTime(0);
        assert.deepEqual(await db.listTokens(), ['k']);
        assert.notEqual((await db.getTokenExpiry('k'))?.expiresAt?.getTime() ?? 0, 0);
      },
    },
    {
      name: 'are what a driver gives and keeps',
      run: async (t) => {
        const puts = [{ ...t.put('k', 'v'), tags: [{ name: t.key('tag'), member: 'm' }] }];
        await t.driver.commit({ puts }, t.at());
        Object.assign(puts[0] ?? {}, { value: 'changed' });
        Object.assign(puts[0]?.tags[0] ?? {}, { member: 'changed' });
        const [entry] = await t.driver.read([t.key('k')], t.at());
        assert.equal(entry?.value, 'v');
        assert.notEqual(entry, (await t.driver.read([t.key('k')], t.at()))[0]);
        Object.assign(entry ?? {}, { value: 'changed' });
        assert.equal(await t.value('k'), 'v');
        assert.deepEqual(await t.listed({ tag: 'tag' }), ['m']);
      },
    },
  ],
};
