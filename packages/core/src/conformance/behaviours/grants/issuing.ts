import assert from 'node:assert/strict';
import type { Behaviour } from '../../suite.ts';
import { collect, contend, hour, refuses } from '../../tools.ts';
import { anyAlive, flow, issuance, issueTokens, redirectUri, storeCode } from './flow.ts';

export const issuing: Behaviour = {
  name: 'issuing',
  cases: [
    {
      name: 'redeems the code, stores both tokens and lists them by user, client and grant',
      run: async (t) => {
        const db = await t.issuer();
        const f = flow();
        const code = await storeCode(db, f);
        const { jti, token, ...rest } = issuance(f, code);
        const issued = await db.issue(rest);
        assert.equal(issued.status, 'issued');
        const access = await db.accessTokens.get(jti);
        assert.deepEqual(access, issued.status === 'issued' ? issued.accessToken : null);
        assert.deepEqual(
          { ...access, issued_at: '', expires_at: '' },
          {
            jti,
            client_id: f.clientId,
            grant_id: f.grantId,
            username: f.username,
            scope: 'mcp:*',
            issued_at: '',
            expires_at: '',
          },
        );
        const refresh = await db.refreshTokens.get(token);
        assert.equal(refresh?.grant_id, f.grantId);
        assert.equal(refresh?.username, f.username);
        for (const owner of [{ username: f.username }, { clientId: f.clientId }, { grantId: f.grantId }]) {
          assert.deepEqual(
            (await collect(db.accessTokens.list(owner))).map((one) => one.jti),
            [jti],
          );
          assert.deepEqual(
            (await collect(db.refreshTokens.list(owner))).map((one) => one.handle),
            [refresh?.handle],
          );
        }
        assert.equal(await db.codes.peek(code), null);
        const again = await db.codes.consume(code, { client_id: f.clientId });
        assert.deepEqual(again, { status: 'already_used', grant_id: f.grantId });
      },
    },
    {
      name: 'takes what it is not told from the code',
      run: async (t) => {
        const db = await t.issuer();
        const f = flow();
        const code = await storeCode(db, f);
        const issued = await db.issue({
          code,
          client_id: f.clientId,
          redirect_uri: redirectUri,
          accessToken: { jti: 'j' },
        });
        assert.equal(issued.status === 'issued' && issued.grant_id, f.grantId);
        const access = await db.accessTokens.get('j');
        assert.equal(access?.username, f.username);
        assert.equal(access?.scope, 'mcp:*');
      },
    },
    {
      name: 'of fifty who redeem one code one is issued tokens, and nobody else’s are stored',
      run: async (t) => {
        const databases = await contend(5, () => t.issuer());
        const f = flow();
        const code = await storeCode(databases[0] ?? (await t.issuer()), f);
        const asked = Array.from({ length: 50 }, () => issuance(f, code));
        const answers = await contend(50, async (i) => {
          const { jti: _jti, token: _token, ...rest } = asked[i] ?? issuance(f, code);
          return databases[i % 5]?.issue(rest);
        });
        const winners = asked.filter((_, i) => answers[i]?.status === 'issued');
        assert.equal(winners.length, 1);
        assert.equal(answers.filter((answer) => answer?.status === 'already_used').length, 49);
        const db = await t.issuer();
        const listed = (await collect(db.accessTokens.list({ username: f.username }))).map(({ jti }) => jti);
        assert.deepEqual(
          listed,
          winners.map(({ jti }) => jti),
        );
        for (const one of asked) assert.equal(await anyAlive(db, one), winners.includes(one));
      },
    },
    {
      name: 'stores nothing when the code is another client’s, used, expired or unknown',
      run: async (t) => {
        const db = await t.issuer();
        const f = flow();
        const code = await storeCode(db, f);
        const attempt = async (change: object, at: string) => {
          const { jti, token, ...rest } = issuance(f, code);
          assert.equal((await db.issue({ ...rest, ...change })).status, at);
          assert.equal(await anyAlive(db, { jti, token }), false);
        };
        await attempt({ client_id: 'client_evil' }, 'client_mismatch');
        await attempt({ redirect_uri: 'http://evil.example' }, 'client_mismatch');
        await attempt({ code: 'unknown' }, 'not_found');
        await db.codes.consume(code, { client_id: f.clientId });
        await attempt({}, 'already_used');
        const late = await storeCode(db, f);
        t.clock.advance(60_000);
        const { jti, token, ...rest } = issuance(f, late);
        assert.ok(['expired', 'not_found'].includes((await db.issue(rest)).status));
        assert.equal(await anyAlive(db, { jti, token }), false);
        assert.deepEqual(await collect(db.accessTokens.list({ clientId: f.clientId })), []);
      },
    },
    {
      name: 'lets a refresh token outlive its access tokens',
      run: async (t) => {
        const db = await t.issuer();
        const { jti, token } = await issueTokens(db, flow());
        t.clock.advance(30 * 24 * hour - 1);
        assert.equal(await db.accessTokens.has(jti), true);
        t.clock.advance(1);
        assert.equal(await db.accessTokens.has(jti), false);
        assert.equal(await db.accessTokens.get(jti), null);
        assert.equal(await db.accessTokens.expiry(jti), null);
        assert.notEqual(await db.refreshTokens.get(token), null);
        t.clock.advance(335 * 24 * hour);
        assert.equal(await db.refreshTokens.get(token), null);
      },
    },
    {
      name: 'gives each token the life that it says, to the millisecond',
      run: async (t) => {
        const db = await t.issuer();
        const f = flow();
        const { jti: _jti, token: _token, ...rest } = issuance(f);
        const expiresAt = t.clock.in(1234);
        await db.issue({
          ...rest,
          accessToken: { jti: 'j', expires_at: expiresAt },
          refreshToken: { token: 'r', expires_at: null },
        });
        assert.deepEqual(await db.accessTokens.expiry('j'), { expiresAt });
        t.clock.advance(1233);
        assert.notEqual(await db.accessTokens.get('j'), null);
        t.clock.advance(1);
        assert.equal(await db.accessTokens.get('j'), null);
        t.clock.advance(1e12);
        assert.notEqual(await db.refreshTokens.get('r'), null);
      },
    },
    {
      name: 'works for grants without a user, a code or a refresh token',
      run: async (t) => {
        const db = await t.issuer();
        const issued = await db.issue({ client_id: 'machine', accessToken: { jti: 'j1' } });
        assert.equal(issued.status === 'issued' && issued.refreshToken, null);
        const access = await db.accessTokens.get('j1');
        assert.equal(access?.client_id, 'machine');
        assert.equal(issued.status === 'issued' && issued.grant_id, access.grant_id);
        assert.equal(
          (await db.issue({ client_id: 'machine', refreshToken: { token: 'r1' } })).status,
          'issued',
        );
        assert.deepEqual(await db.revoke({ clientId: 'machine' }), {
          accessTokens: 1,
          refreshTokens: 1,
          codes: 0,
          sessions: 0,
        });
      },
    },
    {
      name: 'stores one token by itself as well',
      run: async (t) => {
        const db = await t.issuer();
        const f = flow();
        const access = await db.accessTokens.store({ jti: 'j', client_id: f.clientId, username: f.username });
        assert.deepEqual(await db.accessTokens.get('j'), access);
        const refresh = await db.refreshTokens.store({
          token: 'r',
          client_id: f.clientId,
          username: f.username,
        });
        assert.deepEqual(await db.refreshTokens.get('r'), refresh);
        assert.deepEqual(await collect(db.accessTokens.list({ username: f.username })), [access]);
        assert.equal(await db.accessTokens.revoke('j'), true);
        assert.equal(await db.accessTokens.revoke('j'), false);
        assert.equal(await db.refreshTokens.revoke('r'), true);
        assert.equal(await anyAlive(db, { jti: 'j', token: 'r' }), false);
        assert.deepEqual(await collect(db.accessTokens.list({ username: f.username })), []);
      },
    },
    {
      name: 'stores nothing that has ended already',
      run: async (t) => {
        const db = await t.issuer();
        const ended = { client_id: 'c', username: flow().username, expires_at: t.clock.in(0) };
        await db.accessTokens.store({ jti: 'j', ...ended });
        await db.refreshTokens.store({ token: 'r', ...ended });
        assert.equal(await anyAlive(db, { jti: 'j', token: 'r' }), false);
        await db.issue({ client_id: 'c', accessToken: { jti: 'j', ...ended }, refreshToken: { token: 'r' } });
        assert.equal(await db.accessTokens.get('j'), null);
        assert.notEqual(await db.refreshTokens.get('r'), null);
      },
    },
    {
      name: 'refuses an issuance that makes no sense, and writes nothing',
      run: async (t) => {
        const db = await t.issuer();
        const f = flow();
        const code = await storeCode(db, f);
        const { jti: _jti, token: _token, ...good } = issuance(f, code);
        await refuses(
          () => db.issue({ ...good, accessToken: undefined, refreshToken: undefined }),
          /accessToken/,
        );
        await refuses(() => db.issue({ ...good, accessToken: { jti: '' } }), /accessToken\.jti/);
        await refuses(
          () => db.issue({ ...good, refreshToken: { token: 7 as never } }),
          /refreshToken\.token/,
        );
        await refuses(() => db.issue({ ...good, client_id: '' }), /client_id/);
        await refuses(() => db.issue({ ...good, username: 7 as never }), /username/);
        await refuses(
          () => db.issue({ ...good, accessToken: { jti: 'j', expires_at: 'soon' } }),
          /accessToken\.expires_at/,
        );
        for (const never of [new Date(Number.NaN), Number.NaN as never]) {
          await refuses(
            () => db.issue({ ...good, accessToken: { jti: 'j', expires_at: never } }),
            /accessToken\.expires_at/,
          );
        }
        await refuses(() => db.issue(undefined as never), /issuance must be an object/);
        assert.notEqual(await db.codes.peek(code), null);
        assert.deepEqual(await collect(db.accessTokens.list({ clientId: f.clientId })), []);
      },
    },
  ],
};
