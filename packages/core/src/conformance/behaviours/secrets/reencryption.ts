import assert from 'node:assert/strict';
import { monotonicNow } from '../../../timing.ts';
import type { Behaviour } from '../../suite.ts';
import { collect, fails } from '../../tools.ts';
import { flow, redirectUri, storeCode } from '../grants/flow.ts';
import {
  assertReadable,
  assertUsable,
  atRest,
  inOneStep,
  newKey,
  places,
  sealing,
  storeEverything,
} from './everything.ts';

export const reencryption: Behaviour = {
  name: 'reencryption',
  isOfSecrets: true,
  cases: [
    {
      name: 'moves everything to the first key, from none and from another, and keeps what it says, its life and its lists',
      run: async (t) => {
        const [old, next] = [newKey('old'), newKey('next')];
        const plain = await t.issuer();
        if (!t.supports.scan) return fails(() => plain.reencrypt(), 'OAUTHDB_UNSUPPORTED');
        const e = await storeEverything(plain, t);
        await plain.storeToken('for ever', 'oauthdb:');
        // In its key this is written otherwise.
        const odd = 'jti {%7B%}';
        await plain.accessTokens.store({ jti: odd, client_id: e.clientId, username: odd });
        const keys = places(plain, e).map(([name]) => t.key(name));
        for (const [options, id] of [
          [sealing(old), 'old'],
          [sealing(next, old), 'next'],
        ] as const) {
          const db = await t.issuer(options);
          await assertReadable(db, e);
          const began = monotonicNow();
          const before = await t.driver.timeLeft(keys, t.at());
          assert.deepEqual(await db.reencrypt(), { examined: 11, rewritten: 11, unreadable: 0 });
          const after = await t.driver.timeLeft(keys, t.at());
          const took = t.supports.clock ? 0 : monotonicNow() - began + 5;
          for (const [i, left] of after.entries()) {
            const was = Number(before[i]);
            assert.ok(left !== null && left <= was + 5 && left >= was - took, `${left} ms left of ${was}`);
          }
          for (const value of (await atRest(t, e.username)).values)
            assert.ok(value.startsWith(`oauthdb:1:${id}:`));
          assert.deepEqual(await db.getTokenExpiry('for ever'), { expiresAt: null });
          assert.deepEqual(await db.reencrypt(), { examined: 11, rewritten: 0, unreadable: 0 });
        }
        const db = await t.issuer(sealing(next));
        assert.equal(await db.getToken('for ever'), 'oauthdb:');
        assert.equal((await collect(db.accessTokens.list({ username: odd })))[0]?.jti, odd);
        await assertReadable(db, e);
        await assertUsable(db, e);
      },
    },
    {
      name: 'says in a dry run what it would do, and does nothing',
      run: async (t) => {
        if (!t.supports.scan) return;
        const [lost, next] = [newKey('lost'), newKey('next')];
        await (await t.issuer(sealing(lost))).storeToken('lost', 'token');
        await (await t.issuer()).storeToken('plain', 'token');
        const db = await t.issuer(sealing(next));
        const told: number[] = [];
        const onProgress = (examined: number): void => void told.push(examined);
        const would = { examined: 2, rewritten: 1, unreadable: 1 };
        assert.deepEqual(await db.reencrypt({ dryRun: true, onProgress }), would);
        assert.equal(told.at(-1), 2);
        assert.equal(await t.value('held:plain'), 'token');
        assert.deepEqual(await db.reencrypt(), would);
        assert.notEqual(await t.value('held:plain'), 'token');
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
      name: 'leaves a code to be redeemed in one step',
      run: async (t) => {
        if (!t.supports.scan) return;
        const f = flow();
        const code = await storeCode(await t.issuer(), f);
        const options = sealing(newKey('k1'));
        assert.equal((await (await t.issuer(options)).reencrypt()).rewritten, 1);
        const redemption = { client_id: f.clientId, redirect_uri: redirectUri };
        const consumed = await inOneStep(t, options, (db) => db.codes.consume(code, redemption));
        assert.equal(consumed.status, 'consumed');
      },
    },
  ],
};
