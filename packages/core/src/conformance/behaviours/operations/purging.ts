import assert from 'node:assert/strict';
import type { Behaviour } from '../../suite.ts';
import { fails, hour, refuses } from '../../tools.ts';
import { flow, issueTokens } from '../grants/flow.ts';
import { storeEverything } from '../secrets/everything.ts';
import { comparable, everythingIn } from './copying.ts';

export const purging: Behaviour = {
  name: 'purging',
  cases: [
    {
      name: 'leaves alone what is of use',
      run: async (t) => {
        const db = await t.issuer();
        if (!t.supports.scan) return fails(() => db.purge(), 'OAUTHDB_UNSUPPORTED');
        await storeEverything(db, t);
        const before = comparable(await everythingIn(db), t);
        assert.deepEqual(await db.purge(), { expired: 0, dangling: 0, clients: 0 });
        assert.deepEqual(comparable(await everythingIn(db), t), before);
      },
    },
    {
      name: 'deletes what has ended and is still there',
      run: async (t) => {
        if (!t.supports.scan) return;
        const db = await t.issuer();
        await db.sessions.store('short', { username: 'u', expires_at: t.clock.in(hour) });
        await db.sessions.store('long', { username: 'u', expires_at: t.clock.in(3 * hour) });
        t.clock.advance(2 * hour);
        // Where the backend goes by core's clock, nothing is left.
        const expired = t.supports.clock ? 0 : 1;
        assert.equal((await db.purge({ dryRun: true })).expired, expired);
        assert.equal((await db.purge()).expired, expired);
        assert.equal((await db.purge()).expired, 0);
        assert.notEqual(await db.sessions.get('long'), null);
      },
    },
    {
      name: 'takes off the lists what is not there, and says how much',
      run: async (t) => {
        if (!t.supports.scan) return;
        const db = await t.issuer();
        const f = flow();
        const kept = await issueTokens(db, f);
        const { jti } = await issueTokens(db, f);
        // As another program deletes it, and as a crash would leave it.
        const key = t.key(`issued:token:${jti}`);
        await t.driver.commit({ deletes: [{ key }] }, t.at());
        const before = (await db.stats()).lists?.dangling;
        const would = await db.purge({ dryRun: true });
        assert.equal((await db.stats()).lists?.dangling, before);
        const { dangling } = await db.purge();
        assert.equal(would.dangling, dangling);
        if (t.supports.transactions) {
          assert.equal(dangling, before);
          assert.equal((await db.stats()).lists?.dangling, 0);
        }
        assert.equal((await db.revoke({ username: f.username })).accessTokens, 1);
        assert.equal(await db.accessTokens.get(kept.jti), null);
      },
    },
    {
      name: 'deletes registrations that nobody uses, if asked to, and no others',
      run: async (t) => {
        if (!t.supports.scan) return;
        const db = await t.issuer();
        const [used, unused, forEver] = [flow(), flow(), flow()];
        for (const { clientId } of [used, unused]) await db.clients.register({ client_id: clientId });
        await db.clients.register({ client_id: forEver.clientId, expires_at: null });
        const { token } = await issueTokens(db, used);
        await db.refreshTokens.rotate(token, () => ({ refreshToken: { token: `${token} 2` } }));
        t.clock.advance(2 * hour);
        const young = flow();
        await db.clients.register({ client_id: young.clientId });
        assert.equal((await db.purge()).clients, 0);
        assert.equal((await db.purge({ unusedClientsOlderThan: 3 * hour })).clients, 0);
        const asked = { unusedClientsOlderThan: hour };
        assert.equal((await db.purge({ ...asked, dryRun: true })).clients, 1);
        assert.notEqual(await db.clients.get(unused.clientId), null);
        assert.equal((await db.purge(asked)).clients, 1);
        assert.equal(await db.clients.get(unused.clientId), null);
        for (const { clientId } of [used, forEver, young]) {
          assert.notEqual(await db.clients.get(clientId), null);
        }
        await db.revoke({ username: used.username });
        assert.equal((await db.purge(asked)).clients, 1);
      },
    },
    {
      name: 'refuses an age that is none',
      run: async (t) => {
        const db = await t.issuer();
        await refuses(() => db.purge({ unusedClientsOlderThan: -1 }), /unusedClientsOlderThan/);
        await refuses(() => db.purge({ unusedClientsOlderThan: '1d' as never }), /unusedClientsOlderThan/);
      },
    },
  ],
};
