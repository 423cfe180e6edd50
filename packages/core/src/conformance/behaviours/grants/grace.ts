import assert from 'node:assert/strict';
import type { Behaviour } from '../../suite.ts';
import { contend } from '../../tools.ts';
import { anyAlive, flow, issueTokens, successors } from './flow.ts';

export const grace: Behaviour = {
  name: 'the grace period of a rotation',
  cases: [
    {
      name: 'is for the client that the server accepts, and for no other',
      run: async (t) => {
        const db = await t.issuer({ rotation: { gracePeriod: 10_000, graceCount: 5 } });
        const f = flow();
        const { token } = await issueTokens(db, f);
        const before = await db.refreshTokens.get(token);
        const to = successors();
        await db.refreshTokens.rotate(token, to.next);
        const asked: unknown[] = [];
        const refused = await db.refreshTokens.rotate(token, (current) => {
          asked.push(current);
          return null;
        });
        assert.deepEqual(refused, { status: 'refused' });
        assert.deepEqual(
          asked.map((one) => ({ ...(one as object), expires_at: '' })),
          [{ ...before, expires_at: '' }],
        );
        assert.equal(await anyAlive(db, to), true);
        const again = await db.refreshTokens.rotate(token, successors().next);
        assert.equal(again.status === 'rotated' && again.token, to.token);
      },
    },
    {
      name: 'gives the same successor again, as often as allowed',
      run: async (t) => {
        const db = await t.issuer({ rotation: { gracePeriod: 10_000, graceCount: 2 } });
        const { token } = await issueTokens(db, flow());
        const to = successors();
        const first = await db.refreshTokens.rotate(token, () => ({ ...to.next(), response: { n: 1 } }));
        for (let i = 0; i < 2; i++) {
          t.clock.advance(4999);
          const again = await db.refreshTokens.rotate(token, successors().next);
          assert.deepEqual(again, { ...first, retried: true });
        }
        assert.equal((await db.refreshTokens.rotate(token, () => assert.fail('asked'))).status, 'reused');
        assert.equal(await anyAlive(db, to), false);
      },
    },
    {
      name: 'ends when it is over, however often it was made use of, and once the successor was used',
      run: async (t) => {
        const db = await t.issuer({ rotation: { gracePeriod: 10_000, graceCount: 5 } });
        const late = await issueTokens(db, flow());
        await db.refreshTokens.rotate(late.token, successors().next);
        t.clock.advance(9999);
        assert.equal((await db.refreshTokens.rotate(late.token, successors().next)).status, 'rotated');
        t.clock.advance(1);
        assert.equal((await db.refreshTokens.rotate(late.token, () => null)).status, 'reused');

        const used = await issueTokens(db, flow());
        const [second, third] = [successors(), successors()];
        await db.refreshTokens.rotate(used.token, second.next);
        await db.refreshTokens.rotate(second.token, third.next);
        assert.equal((await db.refreshTokens.rotate(used.token, () => null)).status, 'reused');
        assert.equal(await anyAlive(db, third), false);
      },
    },
    {
      name: 'gives fifty at once one and the same successor',
      run: async (t) => {
        const options = { rotation: { gracePeriod: 10_000, graceCount: 49 } };
        const databases = await contend(5, () => t.issuer(options));
        const db = databases[0] ?? (await t.issuer(options));
        const { token } = await issueTokens(db, flow());
        const made = Array.from({ length: 50 }, () => successors());
        const results = await contend(50, async (i) =>
          databases[i % 5]?.refreshTokens.rotate(token, made[i]?.next ?? (() => null)),
        );
        const tokens = new Set(
          results.map((result) => (result?.status === 'rotated' ? result.token : result?.status)),
        );
        assert.equal(tokens.size, 1);
        const alive = await Promise.all(made.map((one) => anyAlive(db, one)));
        assert.equal(alive.filter(Boolean).length, 1);
      },
    },
    {
      name: 'answers no more often than allowed, whoever of fifty asks',
      run: async (t) => {
        const options = { rotation: { gracePeriod: 10_000, graceCount: 10 } };
        const databases = await contend(5, () => t.issuer(options));
        const db = databases[0] ?? (await t.issuer(options));
        const { token } = await issueTokens(db, flow());
        const to = successors();
        await db.refreshTokens.rotate(token, to.next);
        const results = await contend(50, async (i) =>
          databases[i % 5]?.refreshTokens.rotate(token, successors().next),
        );
        assert.equal(results.filter((result) => result?.status === 'rotated').length, 10);
        assert.equal(await anyAlive(db, to), false);
      },
    },
    {
      name: 'ends when the successor is revoked',
      run: async (t) => {
        const db = await t.issuer({ rotation: { gracePeriod: 10_000, graceCount: 5 } });
        const { token } = await issueTokens(db, flow());
        const to = successors();
        await db.refreshTokens.rotate(token, to.next);
        await db.refreshTokens.revoke(to.token);
        assert.equal((await db.refreshTokens.rotate(token, () => assert.fail('asked'))).status, 'reused');
        assert.equal(await anyAlive(db, to), false);
      },
    },
  ],
};
