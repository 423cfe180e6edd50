import assert from 'node:assert/strict';
import type { Driver } from '../../../driver.ts';
import type { OAuthDatabase } from '../../../oauth-database.ts';
import type { DatabaseOptions } from '../../../options.ts';
import { monotonicNow } from '../../../timing.ts';
import type { Context } from '../../context.ts';
import { stopping } from '../../stopping.ts';
import type { Behaviour } from '../../suite.ts';
import { fails } from '../../tools.ts';
import { flow, issuance, issueTokens, redirectUri, secret, storeCode, successors } from '../grants/flow.ts';
import { assertReadable, assertUsable, atRest, newKey, places, storeEverything } from './everything.ts';

const sealing = (...keys: ReturnType<typeof newKey>[]): DatabaseOptions => ({
  maxRetriesPerRequest: 0,
  secrets: { keys },
});

/** Runs a reencryption, stopped before each of its steps but the listing, while `rival` runs; `after` is asked each time. */
async function stoppedReencryption(
  t: Context,
  options: DatabaseOptions,
  round: () => Promise<{ rival: () => Promise<unknown>; after: () => Promise<void> }>,
): Promise<void> {
  for (let stop = 0; ; stop++) {
    const { rival, after } = await round();
    const { driver, reached, go } = stopping(t.driver, stop);
    const listing: Driver = { ...driver, list: (where, page, at) => t.driver.list(where, page, at) };
    const reencrypting = t.issuerOver(listing, options).reencrypt();
    const ended = await Promise.race([reached, reencrypting.then(() => 'ended')]);
    await rival();
    go();
    await reencrypting;
    await after();
    if (ended === 'ended') return;
  }
}

export const reencryption: Behaviour = {
  name: 'reencryption',
  cases: [
    {
      name: 'moves everything to the first key, from none and from another, and keeps what it says, its life and its lists',
      run: async (t) => {
        const [old, next] = [newKey('old'), newKey('next')];
        const plain = await t.issuer();
        if (!t.supports.scan) return fails(() => plain.reencrypt(), 'OAUTHDB_UNSUPPORTED');
        const e = await storeEverything(plain, t);
        await plain.storeToken('for ever', 'oauthdb:');
        const keys = places(plain, e).map(([name]) => t.key(name));
        for (const [options, id] of [
          [sealing(old), 'old'],
          [sealing(next, old), 'next'],
        ] as const) {
          const db = await t.issuer(options);
          await assertReadable(db, e);
          const began = monotonicNow();
          const before = await t.driver.timeLeft(keys, t.at());
          assert.deepEqual(await db.reencrypt(), { examined: 10, rewritten: 10, unreadable: 0 });
          const after = await t.driver.timeLeft(keys, t.at());
          const took = t.supports.clock ? 0 : monotonicNow() - began + 5;
          for (const [i, left] of after.entries()) {
            const was = Number(before[i]);
            assert.ok(left !== null && left <= was + 5 && left >= was - took, `${left} ms left of ${was}`);
          }
          for (const value of (await atRest(t, e.username)).values)
            assert.ok(value.startsWith(`oauthdb:1:${id}:`));
          assert.deepEqual(await db.getTokenExpiry('for ever'), { expiresAt: null });
          assert.deepEqual(await db.reencrypt(), { examined: 10, rewritten: 0, unreadable: 0 });
        }
        const db = await t.issuer(sealing(next));
        assert.equal(await db.getToken('for ever'), 'oauthdb:');
        await assertReadable(db, e);
        await assertUsable(db, e);
      },
    },
    {
      name: 'does nothing without keys',
      run: async (t) => {
        const db = await t.issuer();
        if (!t.supports.scan) return;
        await (await t.issuer(sealing(newKey('k1')))).storeToken('sealed', 'token');
        await db.storeToken('plain', 'token');
        const sealed = await t.value('held:sealed');
        assert.deepEqual(await db.reencrypt(), { examined: 0, rewritten: 0, unreadable: 0 });
        assert.equal(await t.value('held:sealed'), sealed);
        assert.equal(await t.value('held:plain'), 'token');
      },
    },
    {
      name: 'counts what it cannot read, leaves it as it is and goes on',
      run: async (t) => {
        if (!t.supports.scan) return;
        const [lost, old, next] = [newKey('lost'), newKey('old'), newKey('next')];
        await (await t.issuer(sealing(lost))).storeToken('lost', 'token');
        const before = await t.issuer(sealing(old));
        for (const key of ['changed', 'sound']) await before.storeToken(key, 'token');
        const [unknown, value] = [await t.value('held:lost'), String(await t.value('held:changed'))];
        const foreign = '{"client_id":"another"}';
        const puts = [t.put('held:changed', `${value}A`), t.put('issued:client:mine', foreign)];
        await t.driver.commit({ puts }, t.at());
        const db = await t.issuer(sealing(next, old));
        assert.deepEqual(await db.reencrypt(), { examined: 4, rewritten: 1, unreadable: 3 });
        assert.equal(await t.value('held:lost'), unknown);
        assert.equal(await t.value('held:changed'), `${value}A`);
        assert.equal(await t.value('issued:client:mine'), foreign);
        assert.equal(await db.getToken('sound'), 'token');
      },
    },
    {
      name: 'moves more than a page',
      run: async (t) => {
        if (!t.supports.scan) return;
        const plain = await t.issuer();
        const keys = Array.from({ length: 730 }, (_, i) => `user_${i}`);
        await plain.storeTokens(keys.map((key) => ({ key, token: `token of ${key}` })));
        const db = await t.issuer(sealing(newKey('k1')));
        assert.equal((await db.reencrypt()).rewritten, 730);
        assert.deepEqual(
          await db.getTokens(keys),
          keys.map((key) => `token of ${key}`),
        );
      },
    },
    {
      name: 'stopped before each step, undoes nothing that others do meanwhile',
      run: async (t) => {
        if (!t.supports.scan) return;
        const [old, next] = [newKey('old'), newKey('next')];
        const [before, db] = [await t.issuer(sealing(old, next)), await t.issuer(sealing(next, old))];
        await stoppedReencryption(t, sealing(next, old), async () => {
          const e = await storeEverything(before, t);
          const [to, redemption] = [successors(), { client_id: e.clientId, redirect_uri: redirectUri }];
          await before.storeTokens(['a', 'b'].map((key) => ({ key, token: 'first' })));
          return {
            rival: async () => {
              await before.storeToken('a', 'second');
              await before.deleteToken('b');
              await before.sessions.touch(e.session, t.clock.in(1000));
              await db.refreshTokens.rotate(e.refreshToken, to.next);
              await db.codes.consume(e.code, redemption);
              await db.states.consume(e.state);
              await db.clients.update(e.clientId, { client_name: 'changed' });
            },
            after: async () => {
              assert.deepEqual(await db.getTokens(['a', 'b']), ['second', null]);
              const expires_at = t.clock.in(1000).toISOString();
              assert.equal((await db.sessions.get(e.session))?.expires_at, expires_at);
              assert.equal((await db.codes.consume(e.code, redemption)).status, 'already_used');
              assert.equal((await db.states.consume(e.state)).status, 'already_used');
              assert.equal((await db.clients.get(e.clientId))?.client_name, 'changed');
              assert.notEqual(await db.refreshTokens.get(to.token), null);
              assert.equal((await db.refreshTokens.rotate(e.refreshToken, () => null)).status, 'reused');
              await db.revoke({ username: e.username });
            },
          };
        });
      },
    },
    {
      name: 'stopped before each step, brings nothing back that is revoked',
      run: async (t) => {
        if (!t.supports.scan) return;
        const [old, next] = [newKey('old'), newKey('next')];
        const [before, db] = [await t.issuer(sealing(old, next)), await t.issuer(sealing(next, old))];
        await stoppedReencryption(t, sealing(next, old), async () => {
          const e = await storeEverything(before, t);
          return {
            rival: () => db.revoke({ username: e.username }),
            after: async () => {
              assert.equal(await db.accessTokens.get(e.jti), null);
              assert.equal(await db.refreshTokens.get(e.refreshToken), null);
              assert.equal(await db.sessions.get(e.session), null);
              assert.equal(await db.codes.peek(e.code), null);
            },
          };
        });
      },
    },
    {
      name: 'lets through who redeems, rotates or reads, whenever it comes between',
      run: async (t) => {
        if (!t.supports.scan) return;
        const [old, next] = [newKey('old'), newKey('next')];
        const [before, db] = [await t.issuer(sealing(old, next)), await t.issuer(sealing(next, old))];
        const f = flow();
        const redemption = { client_id: f.clientId, redirect_uri: redirectUri };
        const works: (() => Promise<(slow: OAuthDatabase) => Promise<unknown>>)[] = [
          async () => {
            const code = await storeCode(before, f);
            return async (slow) => (await slow.codes.consume(code, redemption)).status === 'consumed';
          },
          async () => {
            const { jti: _jti, token: _token, ...tokens } = issuance(f, await storeCode(before, f));
            return async (slow) => (await slow.issue(tokens)).status === 'issued';
          },
          async () => {
            const [{ token }, { next: to }] = [await issueTokens(before, f), successors()];
            return async (slow) => (await slow.refreshTokens.rotate(token, to)).status === 'rotated';
          },
          async () => {
            const id = secret('session');
            await before.sessions.store(id, {});
            return async (slow) => (await slow.sessions.touch(id)) !== null;
          },
          async () => {
            await before.storeToken('k', 'token');
            return async (slow) => (await slow.getToken('k')) === 'token';
          },
        ];
        for (const work of works) {
          for (let stop = 0, ended = false; !ended; stop++) {
            const succeeds = await work();
            const { driver, reached, go } = stopping(t.driver, stop);
            const slow = succeeds(t.issuerOver(driver, sealing(next, old)));
            ended = (await Promise.race([reached, slow])) !== 'stopped';
            await db.reencrypt();
            go();
            assert.equal(await slow, true);
          }
        }
      },
    },
  ],
};
