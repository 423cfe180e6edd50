import assert from 'node:assert/strict';
import type { Behaviour } from '../../suite.ts';
import { collect, contend, hour, refuses } from '../../tools.ts';
import { flow, secret } from './flow.ts';

export const sessions: Behaviour = {
  name: 'sessions',
  cases: [
    {
      name: 'come back as they were stored, and end to the millisecond',
      run: async (t) => {
        const db = await t.issuer();
        const { username } = flow();
        const id = secret('session');
        const stored = await db.sessions.store(id, {
          username,
          cart: [1, { a: null }],
          expires_at: t.clock.in(1500),
        });
        assert.deepEqual(await db.sessions.get(id), stored);
        assert.deepEqual(stored['cart'], [1, { a: null }]);
        assert.deepEqual(await collect(db.sessions.list({ username })), [stored]);
        t.clock.advance(1499);
        assert.notEqual(await db.sessions.get(id), null);
        t.clock.advance(1);
        assert.equal(await db.sessions.get(id), null);
        assert.deepEqual(await collect(db.sessions.list({ username })), []);
      },
    },
    {
      name: 'live longer when they are touched, and are never brought back',
      run: async (t) => {
        const db = await t.issuer();
        const id = secret('session');
        assert.equal(await db.sessions.touch(id, t.clock.in(hour)), null);
        const stored = await db.sessions.store(id, { n: 1, expires_at: t.clock.in(1000) });
        const touched = await db.sessions.touch(id, t.clock.in(2500));
        assert.deepEqual(touched, { ...stored, expires_at: t.clock.in(2500).toISOString() });
        t.clock.advance(2499);
        assert.deepEqual(await db.sessions.get(id), touched);
        t.clock.advance(1);
        assert.equal(await db.sessions.touch(id, t.clock.in(hour)), null);
        assert.equal(await db.sessions.get(id), null);
      },
    },
    {
      name: 'live for a day, and for another when they are touched, where nothing is said',
      run: async (t) => {
        const db = await t.issuer();
        const id = secret('session');
        await db.sessions.store(id, {});
        t.clock.advance(23 * hour);
        await db.sessions.touch(id);
        t.clock.advance(24 * hour - 1);
        assert.notEqual(await db.sessions.get(id), null);
        t.clock.advance(1);
        assert.equal(await db.sessions.get(id), null);
      },
    },
    {
      name: 'stay deleted, whoever touches them meanwhile',
      run: async (t) => {
        const [db, rival] = [await t.issuer(), await t.issuer()];
        for (let round = 0; round < 30; round++) {
          const id = secret('session');
          await db.sessions.store(id, {});
          await Promise.all([rival.sessions.touch(id), rival.sessions.touch(id), db.sessions.delete(id)]);
          assert.equal(await db.sessions.get(id), null);
        }
      },
    },
    {
      name: 'are deleted once, whoever of fifty does',
      run: async (t) => {
        const databases = await contend(5, () => t.issuer());
        const id = secret('session');
        await databases[0]?.sessions.store(id, {});
        const answers = await contend(50, async (i) => databases[i % 5]?.sessions.delete(id));
        assert.equal(answers.filter((deleted) => deleted === true).length, 1);
      },
    },
    {
      name: 'are listed by user, and may be stored again under the same id',
      run: async (t) => {
        const db = await t.issuer();
        const [alice, bob] = [flow().username, flow().username];
        const ids = [secret('session'), secret('session')] as const;
        await db.sessions.store(ids[0], { username: alice, n: 1 });
        await db.sessions.store(ids[1], { username: alice, n: 2 });
        await db.sessions.store(secret('session'), { username: bob, n: 3 });
        await db.sessions.delete(ids[0]);
        await db.sessions.store(ids[0], { username: alice, n: 4 });
        const listed = (await collect(db.sessions.list({ username: alice }))).map(({ n }) => String(n));
        assert.deepEqual(listed.toSorted(), ['2', '4']);
        await refuses(() => db.sessions.store('', {}), /sessionId/);
        await refuses(() => db.sessions.store('id', { username: 7 as never }), /username/);
      },
    },
    {
      name: 'stay on the list of their user when they are touched, beyond their first end',
      run: async (t) => {
        const db = await t.issuer();
        const { username } = flow();
        const id = secret('session');
        await db.sessions.store(id, { username, expires_at: t.clock.in(1000) });
        const touched = await db.sessions.touch(id, t.clock.in(hour));
        t.clock.advance(hour - 1);
        assert.deepEqual(await collect(db.sessions.list({ username })), [touched]);
        assert.equal((await db.revoke({ username })).sessions, 1);
        assert.equal(await db.sessions.get(id), null);
      },
    },
    {
      name: 'are no longer a user’s when they are stored again for another',
      run: async (t) => {
        const db = await t.issuer();
        const [alice, bob] = [flow().username, flow().username];
        const id = secret('session');
        await db.sessions.store(id, { username: alice });
        const stored = await db.sessions.store(id, { username: bob });
        assert.deepEqual(await collect(db.sessions.list({ username: alice })), []);
        assert.equal((await db.revoke({ username: alice })).sessions, 0);
        assert.deepEqual(await collect(db.sessions.list({ username: bob })), [stored]);
      },
    },
    {
      name: 'are their user’s alone, whichever client and grant they remember',
      run: async (t) => {
        const db = await t.issuer();
        const { username, clientId, grantId } = flow();
        const id = secret('session');
        const stored = await db.sessions.store(id, { username, client_id: clientId, grant_id: grantId });
        assert.equal((await db.revoke({ clientId })).sessions, 0);
        assert.equal((await db.revoke({ grantId })).sessions, 0);
        assert.deepEqual(await db.sessions.get(id), stored);
        assert.equal((await db.revoke({ username })).sessions, 1);
      },
    },
    {
      name: 'are copies: nobody changes what is stored by changing them',
      run: async (t) => {
        const db = await t.issuer();
        const id = secret('session');
        const data = { cart: ['a'] };
        const stored = await db.sessions.store(id, data);
        const [read, touched] = [await db.sessions.get(id), await db.sessions.touch(id)];
        for (const mine of [data, stored, read, touched]) {
          assert.ok(mine !== null);
          (mine.cart as string[]).push('b');
        }
        assert.deepEqual((await db.sessions.get(id))?.['cart'], ['a']);
      },
    },
  ],
};
