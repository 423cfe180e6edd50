import assert from 'node:assert/strict';
import type { RefreshToken } from '../../../grants/records.ts';
import type { Behaviour } from '../../suite.ts';
import { collect, contend, hour, refuses } from '../../tools.ts';
import { anyAlive, flow, issueTokens, secret, successors } from './flow.ts';

export const rotation: Behaviour = {
  name: 'rotation of refresh tokens',
  cases: [
    {
      name: 'gives a successor that stands for the same grant, and ends the old token',
      run: async (t) => {
        const db = await t.issuer();
        const f = flow();
        const { token } = await issueTokens(db, f);
        const before = await db.refreshTokens.get(token);
        t.clock.advance(hour);
        const to = successors();
        let seen: RefreshToken | undefined;
        const result = await db.refreshTokens.rotate(token, (current) => {
          seen = current;
          return { ...to.next(), response: { access_token: 'header.payload.signature' } };
        });
        assert.deepEqual(seen, before);
        assert.equal(result.status, 'rotated');
        if (result.status !== 'rotated') return;
        assert.equal(result.token, to.token);
        assert.equal(result.retried, false);
        assert.deepEqual(result.response, { access_token: 'header.payload.signature' });
        assert.deepEqual(await db.refreshTokens.get(to.token), result.refreshToken);
        assert.deepEqual(await db.accessTokens.get(to.jti), result.accessToken);
        assert.equal(result.accessToken?.username, f.username);
        assert.equal(result.refreshToken.grant_id, f.grantId);
        assert.equal(result.refreshToken.expires_at, t.clock.in(365 * 24 * hour).toISOString());
        assert.equal(await db.refreshTokens.get(token), null);
        const listed = await collect(db.refreshTokens.list({ username: f.username }));
        assert.deepEqual(listed, [result.refreshToken]);
      },
    },
    {
      name: 'changes nothing when the server refuses, or throws',
      run: async (t) => {
        const db = await t.issuer();
        const { token } = await issueTokens(db, flow());
        assert.deepEqual(await db.refreshTokens.rotate(token, () => null), { status: 'refused' });
        const failure = new Error('the client is not who it says');
        await assert.rejects(
          db.refreshTokens.rotate(token, () => Promise.reject(failure)),
          (error) => error === failure,
        );
        await refuses(() => db.refreshTokens.rotate(token, () => ({})), /refreshToken/);
        await refuses(() => db.refreshTokens.rotate(token, () => 'x' as never), /object or null/);
        await refuses(() => db.refreshTokens.rotate(token, () => ({ refreshToken: { token: '' } })), /token/);
        const refreshToken = { token: `${token} 2`, expires_at: new Date(Number.NaN) };
        await refuses(
          () => db.refreshTokens.rotate(token, () => ({ refreshToken })),
          /refreshToken\.expires_at/,
        );
        await refuses(() => db.refreshTokens.rotate(token, undefined as never), /function/);
        await refuses(
          () => db.refreshTokens.rotate(token, () => ({ refreshToken: { token } })),
          /new one/,
          token,
        );
        assert.equal((await db.refreshTokens.rotate(token, successors().next)).status, 'rotated');
      },
    },
    {
      name: 'keeps the old token when the answer has no new one',
      run: async (t) => {
        const db = await t.issuer();
        const { token } = await issueTokens(db, flow());
        const before = await db.refreshTokens.get(token);
        for (const jti of ['j1', 'j2']) {
          const result = await db.refreshTokens.rotate(token, () => ({ accessToken: { jti } }));
          assert.equal(result.status === 'rotated' && result.token, null);
          assert.notEqual(await db.accessTokens.get(jti), null);
        }
        assert.deepEqual(await db.refreshTokens.get(token), before);
      },
    },
    {
      name: 'knows neither an unknown nor an expired token, and asks nobody about it',
      run: async (t) => {
        const db = await t.issuer();
        const { token } = await issueTokens(db, flow());
        t.clock.advance(365 * 24 * hour);
        for (const dead of [token, secret('refresh')]) {
          const result = await db.refreshTokens.rotate(dead, () => assert.fail('asked'));
          assert.ok(['not_found', 'expired'].includes(result.status), result.status);
        }
      },
    },
    {
      name: 'takes the reuse of a rotated token for theft: its whole grant dies, and no other',
      run: async (t) => {
        const db = await t.issuer();
        const f = flow();
        const first = await issueTokens(db, f);
        const other = await issueTokens(db, { ...f, grantId: 'another grant' });
        const [second, third] = [successors(), successors()];
        await db.refreshTokens.rotate(first.token, second.next);
        await db.refreshTokens.rotate(second.token, third.next);
        const result = await db.refreshTokens.rotate(first.token, () => assert.fail('asked'));
        assert.deepEqual(result, {
          status: 'reused',
          grant_id: f.grantId,
          revoked: { accessTokens: 3, refreshTokens: 1, codes: 0, sessions: 0 },
        });
        assert.equal(await anyAlive(db, first, second, third), false);
        assert.equal(
          (await db.refreshTokens.rotate(third.token, () => assert.fail('asked'))).status,
          'not_found',
        );
        assert.equal(await anyAlive(db, other), true);
      },
    },
    {
      name: 'has one successor, whoever of fifty and of two hundred rotates one token',
      run: async (t) => {
        const databases = await contend(5, () => t.issuer());
        for (const contenders of [50, 200]) {
          const db = databases[0] ?? (await t.issuer());
          const { token } = await issueTokens(db, flow());
          const made = Array.from({ length: contenders }, () => successors());
          const results = await contend(contenders, async (i) =>
            databases[i % 5]?.refreshTokens.rotate(token, made[i]?.next ?? (() => null)),
          );
          assert.equal(results.filter((result) => result?.status === 'rotated').length, 1);
          // To use it twice is reuse, so that nothing of the grant survives, the winner's tokens neither.
          for (const one of made) assert.equal(await anyAlive(db, one), false);
        }
      },
    },
    {
      name: 'recognises reuse for as long as it is told to',
      run: async (t) => {
        const db = await t.issuer({ rotation: { reuseDetection: hour } });
        const [early, late] = [await issueTokens(db, flow()), await issueTokens(db, flow())];
        const [ofEarly, ofLate] = [successors(), successors()];
        await db.refreshTokens.rotate(early.token, ofEarly.next);
        await db.refreshTokens.rotate(late.token, ofLate.next);
        t.clock.advance(hour - 1);
        assert.equal((await db.refreshTokens.rotate(early.token, () => null)).status, 'reused');
        assert.equal(await anyAlive(db, ofEarly), false);
        t.clock.advance(1);
        assert.equal((await db.refreshTokens.rotate(late.token, () => null)).status, 'not_found');
        assert.equal(await anyAlive(db, ofLate), true);
      },
    },
    {
      name: 'is not made to be forgotten by whoever revokes the old token',
      run: async (t) => {
        const db = await t.issuer();
        const { token } = await issueTokens(db, flow());
        const to = successors();
        await db.refreshTokens.rotate(token, to.next);
        assert.equal(await db.refreshTokens.revoke(token), false);
        assert.equal(await anyAlive(db, to), true);
        assert.equal((await db.refreshTokens.rotate(token, () => null)).status, 'reused');
        assert.equal(await anyAlive(db, to), false);
      },
    },
  ],
};
