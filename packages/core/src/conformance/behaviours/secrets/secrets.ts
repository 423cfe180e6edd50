import assert from 'node:assert/strict';
import type { Redemption } from '../../../grants/redeem.ts';
import type { Behaviour } from '../../suite.ts';
import { fails } from '../../tools.ts';
import { flow, issuance, redirectUri, storeCode } from '../grants/flow.ts';
import {
  assertReadable,
  assertUsable,
  atRest,
  inOneStep,
  newKey,
  once,
  places,
  sealing,
  storeEverything,
} from './everything.ts';

/** One character of a text is another one. */
function flipped(text: string, i: number): string {
  return `${text.slice(0, i)}${text[i] === 'A' ? 'B' : 'A'}${text.slice(i + 1)}`;
}

export const secrets: Behaviour = {
  name: 'secrets at rest',
  isOfSecrets: true,
  cases: [
    {
      name: 'no state, code, refresh token or session id is found in any name or value',
      run: async (t) => {
        const db = await t.issuer({ rotation: { gracePeriod: 60_000 } });
        const e = await storeEverything(db, t);
        await assertReadable(db, e);
        if (!t.supports.scan) return;
        const { names, values } = await atRest(t, e.username);
        for (const one of [e.state, e.code, e.rotated, e.refreshToken, e.session]) {
          assert.ok(!names.includes(one) && !values.join('\n').includes(one), one.slice(0, 8));
        }
      },
    },
    {
      name: 'with keys no value shows anything: no secret, no token that is held, no user, no scope',
      run: async (t) => {
        const db = await t.issuer({ ...sealing(newKey('k1')), rotation: { gracePeriod: 60_000 } });
        const e = await storeEverything(db, t);
        if (!t.supports.scan) return;
        const { names, values } = await atRest(t, e.username);
        const kept = [e.state, e.code, e.rotated, e.refreshToken, e.session];
        const sealed = [
          e.held,
          e.clientSecret,
          e.registrationToken,
          e.scope,
          e.username,
          e.clientId,
          e.grantId,
        ];
        // Two access tokens, and two refresh tokens of which one was rotated.
        assert.equal(values.length, 9);
        for (const value of values) {
          assert.match(value, /^oauthdb:1:k1:[\w.-]*:[\w-]+$/);
          for (const one of [...kept, ...sealed]) assert.ok(!value.includes(one), one.slice(0, 8));
        }
        for (const one of kept) assert.ok(!names.includes(one), one.slice(0, 8));
      },
    },
    {
      name: 'with keys, and a pepper, everything is as it is without',
      run: async (t) => {
        for (const kept of [{}, { keys: [newKey('k1')] }, { keys: [newKey('k1')], pepper: 'p'.repeat(16) }]) {
          const [a, b] = [await t.issuer({ secrets: kept }), await t.issuer({ secrets: kept })];
          const e = await storeEverything(a, t);
          await assertReadable(b, e);
          await assertUsable(b, e);
        }
      },
    },
    {
      name: 'a pepper decides where secrets lead to',
      run: async (t) => {
        const [a, b] = await Promise.all(
          ['a', 'b'].map((pepper) => t.issuer({ secrets: { pepper: pepper.repeat(16) } })),
        );
        await a?.sessions.store('s', { n: 1 });
        assert.equal((await a?.sessions.get('s'))?.['n'], 1);
        assert.equal(await b?.sessions.get('s'), null);
      },
    },
    {
      name: 'what was changed, or cut, is OAUTHDB_INTEGRITY, and never absent',
      run: async (t) => {
        const db = await t.issuer(sealing(newKey('k1')));
        const e = await storeEverything(db, t);
        for (const [name, read] of places(db, e)) {
          const value = String(await t.value(name));
          const payload = 'oauthdb:1:k1:'.length;
          const changed = [payload, payload + 10, Math.floor(value.length / 2), value.length - 1];
          const cut = [payload - 1, payload, payload + 20, value.length - 1];
          for (const broken of [
            ...changed.map((i) => flipped(value, i)),
            ...cut.map((i) => value.slice(0, i)),
            `${value}A`,
          ]) {
            await t.driver.commit({ puts: [t.put(name, broken)] }, t.at());
            await fails(read, 'OAUTHDB_INTEGRITY');
          }
          await t.driver.commit({ puts: [t.put(name, value)] }, t.at());
          assert.notEqual(await read(), null);
        }
      },
    },
    {
      name: 'what was sealed for one place is OAUTHDB_INTEGRITY in another',
      run: async (t) => {
        const db = await t.issuer(sealing(newKey('k1')));
        const [mine, others] = [await storeEverything(db, t), await storeEverything(db, t)];
        const theirs = places(db, others);
        for (const [i, [name, read]] of places(db, mine).entries()) {
          const value = String(await t.value(theirs[i]?.[0] ?? ''));
          await t.driver.commit({ puts: [t.put(name, value)] }, t.at());
          await fails(read, 'OAUTHDB_INTEGRITY');
        }
      },
    },
    {
      name: 'what no key here opens is OAUTHDB_UNDECRYPTABLE and names the key; another key of that name is OAUTHDB_INTEGRITY',
      run: async (t) => {
        const db = await t.issuer(sealing(newKey('k1')));
        for (const [options, expected] of [
          [once, { code: 'OAUTHDB_UNDECRYPTABLE', message: /"k1"/ }],
          [sealing(newKey('k2')), { code: 'OAUTHDB_UNDECRYPTABLE', message: /"k1"/ }],
          [sealing(newKey('k1')), { code: 'OAUTHDB_INTEGRITY', message: /"k1"/ }],
        ] as const) {
          const e = await storeEverything(db, t);
          const blind = await t.issuer(options);
          for (const [name, read] of places(blind, e)) {
            // Whoever takes what cannot be read has taken it.
            const outcome = name.startsWith('issued:state:') ? 'unknown' : 'not_executed';
            await assert.rejects(read, { ...expected, outcome });
          }
          await assert.rejects(() => blind.getTokens([e.heldKey]), expected);
          // A code says to whom it belongs before it is taken.
          const redemption = { client_id: e.clientId, redirect_uri: redirectUri };
          await assert.rejects(() => blind.codes.consume(e.code, redemption), expected);
          assert.equal((await db.codes.consume(e.code, redemption)).status, 'consumed');
        }
      },
    },
    {
      name: 'a sealed code is redeemed by its client alone, in one step',
      run: async (t) => {
        const options = sealing(newKey('k1'));
        const db = await t.issuer(options);
        const f = flow();
        const code = await storeCode(db, f);
        for (const redemption of [
          { client_id: 'another' },
          { client_id: f.clientId, redirect_uri: 'http://localhost:1/' },
        ]) {
          assert.deepEqual(await db.codes.consume(code, redemption), { status: 'client_mismatch' });
        }
        const redemption = { client_id: f.clientId, redirect_uri: redirectUri };
        const consume = (one: string, asked: Redemption) =>
          inOneStep(t, options, async (slow) => (await slow.codes.consume(one, asked)).status);
        assert.equal(await consume(code, redemption), 'consumed');
        assert.equal(await consume(await storeCode(db, f), { client_id: f.clientId }), 'consumed');
      },
    },
    {
      name: 'a code that was sealed by an older key, or not at all, is redeemed by its client alone',
      run: async (t) => {
        const [old, next] = [newKey('old'), newKey('next')];
        const db = await t.issuer(sealing(next, old));
        for (const before of [await t.issuer(), await t.issuer(sealing(old))]) {
          const f = flow();
          const [a, b] = [await storeCode(before, f), await storeCode(before, f)];
          const mismatch = { status: 'client_mismatch' };
          assert.deepEqual(await db.codes.consume(a, { client_id: 'another' }), mismatch);
          const redemption = { client_id: f.clientId, redirect_uri: redirectUri };
          assert.equal((await db.codes.consume(a, redemption)).status, 'consumed');
          assert.equal((await db.codes.consume(a, redemption)).status, 'already_used');
          const { jti: _jti, token: _token, ...tokens } = issuance(f, b);
          assert.deepEqual(await db.issue({ ...tokens, client_id: 'another' }), mismatch);
          assert.equal((await db.issue(tokens)).status, 'issued');
          assert.equal((await db.issue(tokens)).status, 'already_used');
        }
      },
    },
    {
      name: 'a token that looks like a sealed one comes back, with keys and without',
      run: async (t) => {
        const k1 = newKey('k1');
        const [plain, sealed] = [await t.issuer(once), await t.issuer(sealing(k1))];
        await sealed.storeToken('k', 'token');
        const envelope = String(await t.value('held:k'));
        const tokens = [
          envelope,
          'oauthdb:',
          'oauthdb::',
          'oauthdb:1:',
          `oauthdb::${envelope}`,
          'oauthdb',
          '',
        ];
        for (const db of [plain, sealed]) {
          for (const token of tokens) {
            await db.storeToken('k', token);
            assert.equal(await db.getToken('k'), token);
            assert.equal(await sealed.getToken('k'), token);
          }
        }
        await plain.storeToken('k', 'a token');
        assert.equal(await t.value('held:k'), 'a token');
      },
    },
  ],
};
