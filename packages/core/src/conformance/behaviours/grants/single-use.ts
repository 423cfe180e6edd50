import assert from 'node:assert/strict';
import type { Behaviour } from '../../suite.ts';
import { contend, hour, refuses } from '../../tools.ts';
import { flow, redirectUri, secret, storeCode } from './flow.ts';

export const singleUse: Behaviour = {
  name: 'states and codes',
  cases: [
    {
      name: 'a state gives the request back once, with every member',
      run: async (t) => {
        const db = await t.issuer();
        const request = {
          client_id: 'c',
          redirect_uri: redirectUri,
          state: 'xyz',
          code_challenge: null,
          resources: ['a'],
          'x-y': 1,
        };
        const state = secret('state');
        await db.states.store(state, request);
        const expires_at = t.clock.in(300_000).toISOString();
        assert.deepEqual(await db.states.consume(state), {
          status: 'consumed',
          state: { ...request, expires_at },
        });
        assert.deepEqual(await db.states.consume(state), { status: 'already_used' });
        assert.deepEqual(await db.states.consume(secret('state')), { status: 'not_found' });
      },
    },
    {
      name: 'a state ends after five minutes, to the millisecond',
      run: async (t) => {
        const db = await t.issuer();
        const [a, b] = [secret('state'), secret('state')];
        await db.states.store(a, { client_id: 'c' });
        await db.states.store(b, { client_id: 'c' });
        t.clock.advance(299_999);
        assert.equal((await db.states.consume(a)).status, 'consumed');
        t.clock.advance(1);
        assert.notEqual((await db.states.consume(b)).status, 'consumed');
      },
    },
    {
      name: 'of fifty and of two hundred who consume one state, one has it',
      run: async (t) => {
        const databases = await contend(5, () => t.issuer());
        for (const contenders of [50, 200]) {
          const state = secret('state');
          await databases[0]?.states.store(state, { client_id: 'c' });
          const answers = await contend(contenders, async (i) => databases[i % 5]?.states.consume(state));
          assert.equal(answers.filter((answer) => answer?.status === 'consumed').length, 1);
          assert.equal(answers.filter((answer) => answer?.status === 'already_used').length, contenders - 1);
        }
      },
    },
    {
      name: 'of fifty and of two hundred who consume one code, one has it',
      run: async (t) => {
        const databases = await contend(5, () => t.issuer());
        for (const contenders of [50, 200]) {
          const f = flow();
          const code = await storeCode(databases[0] ?? (await t.issuer()), f);
          const redemption = { client_id: f.clientId, redirect_uri: redirectUri };
          const answers = await contend(contenders, async (i) =>
            databases[i % 5]?.codes.consume(code, redemption),
          );
          assert.equal(answers.filter((answer) => answer?.status === 'consumed').length, 1);
          const used = answers.filter((answer) => answer?.status === 'already_used');
          assert.equal(used.length, contenders - 1);
          assert.ok(
            used.every((answer) => answer?.status === 'already_used' && answer.grant_id === f.grantId),
          );
        }
      },
    },
    {
      name: 'a code is peeked at without being used, and carries what PKCE needs',
      run: async (t) => {
        const db = await t.issuer();
        const code = secret('code');
        const grant = {
          client_id: 'c',
          redirect_uri: redirectUri,
          code_challenge: 'E9Melhoa',
          code_challenge_method: 'S256',
          email: 'a@b',
        };
        const stored = await db.codes.store(code, grant);
        assert.equal(typeof stored.grant_id, 'string');
        assert.deepEqual(await db.codes.peek(code), {
          ...grant,
          grant_id: stored.grant_id,
          expires_at: stored.expires_at,
        });
        assert.deepEqual(await db.codes.peek(code), stored);
        assert.deepEqual(await db.codes.consume(code, { client_id: 'c' }), {
          status: 'consumed',
          code: stored,
        });
        assert.equal(await db.codes.peek(code), null);
      },
    },
    {
      name: 'a code is not burnt by another client, nor by another redirect_uri',
      run: async (t) => {
        const db = await t.issuer();
        const f = flow();
        const code = await storeCode(db, f);
        const wrong = [
          { client_id: 'client_evil' },
          { client_id: 'client_evil', redirect_uri: redirectUri },
          { client_id: f.clientId, redirect_uri: `${redirectUri}/evil` },
          { client_id: f.clientId, redirect_uri: redirectUri.slice(0, -1) },
          { client_id: f.clientId.slice(0, -1), redirect_uri: redirectUri },
          { client_id: `${f.clientId}"` },
        ];
        for (const redemption of wrong) {
          assert.deepEqual(await db.codes.consume(code, redemption), { status: 'client_mismatch' });
        }
        const right = { client_id: f.clientId, redirect_uri: redirectUri };
        assert.equal((await db.codes.consume(code, right)).status, 'consumed');
        assert.equal((await db.codes.consume(code, { client_id: 'client_evil' })).status, 'already_used');
      },
    },
    {
      name: 'a code that was asked for without a redirect_uri is redeemed with or without one',
      run: async (t) => {
        const db = await t.issuer();
        for (const redemption of [{ client_id: 'c' }, { client_id: 'c', redirect_uri: redirectUri }]) {
          const code = secret('code');
          await db.codes.store(code, { client_id: 'c' });
          assert.equal((await db.codes.consume(code, redemption)).status, 'consumed');
        }
      },
    },
    {
      name: 'a code ends after sixty seconds, or when it says, and never lives for ever',
      run: async (t) => {
        const db = await t.issuer();
        const code = await storeCode(db, flow());
        t.clock.advance(59_999);
        assert.notEqual(await db.codes.peek(code), null);
        t.clock.advance(1);
        assert.equal(await db.codes.peek(code), null);
        const late = await db.codes.consume(code, { client_id: 'c' });
        assert.ok(['expired', 'not_found', 'client_mismatch'].includes(late.status), late.status);
        const long = secret('code');
        await db.codes.store(long, { client_id: 'c', expires_at: t.clock.in(365 * 24 * hour) });
        t.clock.advance(364 * 24 * hour);
        assert.equal((await db.codes.consume(long, { client_id: 'c' })).status, 'consumed');
        await refuses(
          () => db.codes.store(secret('code'), { client_id: 'c', expires_at: null }),
          /expires_at/,
        );
      },
    },
    {
      name: 'a code is known as used as long as it would have lived',
      run: async (t) => {
        const db = await t.issuer();
        const code = secret('code');
        await db.codes.store(code, { client_id: 'c', grant_id: 'g', expires_at: t.clock.in(hour) });
        await db.codes.consume(code, { client_id: 'c' });
        t.clock.advance(hour - 1);
        assert.deepEqual(await db.codes.consume(code, { client_id: 'c' }), {
          status: 'already_used',
          grant_id: 'g',
        });
      },
    },
    {
      name: 'refuse what is no state, no code and no client',
      run: async (t) => {
        const db = await t.issuer();
        for (const bad of ['', null, undefined, 7, '\udfff'] as string[]) {
          await refuses(() => db.states.store(bad, { client_id: 'c' }), /state/);
          await refuses(() => db.states.consume(bad), /state/);
          await refuses(() => db.codes.store(bad, { client_id: 'c' }), /code/);
          await refuses(() => db.codes.peek(bad), /code/);
          await refuses(() => db.codes.consume(bad, { client_id: 'c' }), /code/);
          await refuses(() => db.codes.consume('code', { client_id: bad }), /client_id/);
          await refuses(() => db.codes.store('code', { client_id: bad }), /client_id/);
        }
      },
    },
  ],
};
