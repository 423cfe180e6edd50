import assert from 'node:assert/strict';
import type { GrantOwner } from '../../../grants/owner.ts';
import type { Behaviour } from '../../suite.ts';
import { collect, contend, fails, refuses } from '../../tools.ts';
import { anyAlive, flow, issuance, issueTokens, secret, storeCode, successors, type Tokens } from './flow.ts';

export const revocation: Behaviour = {
  name: 'revocation',
  cases: [
    {
      name: 'of a user, a client or a grant takes all of it and nothing else, and says how much',
      run: async (t) => {
        const db = await t.issuer();
        const owners: ((f: ReturnType<typeof flow>) => GrantOwner)[] = [
          ({ username }) => ({ username }),
          ({ clientId }) => ({ clientId }),
          ({ grantId }) => ({ grantId }),
        ];
        for (const owner of owners) {
          const [f, other] = [flow(), flow()];
          const [mine, kept] = [await issueTokens(db, f), await issueTokens(db, other)];
          const to = successors();
          await db.refreshTokens.rotate(mine.token, to.next);
          const code = await storeCode(db, f);
          await db.sessions.store(secret('session'), { username: f.username });
          const sessions = 'username' in owner(f) ? 1 : 0;
          assert.deepEqual(await db.revoke(owner(f)), {
            accessTokens: 2,
            refreshTokens: 1,
            codes: 1,
            sessions,
          });
          assert.equal(await anyAlive(db, mine, to), false);
          assert.equal((await db.refreshTokens.rotate(mine.token, () => null)).status, 'not_found');
          assert.equal(await db.codes.peek(code), null);
          assert.equal((await db.codes.consume(code, { client_id: f.clientId })).status, 'not_found');
          assert.deepEqual(await collect(db.accessTokens.list(owner(f))), []);
          assert.equal(await anyAlive(db, kept), true);
          assert.deepEqual(await db.revoke(owner(f)), {
            accessTokens: 0,
            refreshTokens: 0,
            codes: 0,
            sessions: 0,
          });
        }
      },
    },
    {
      name: 'of the grant of a code that was used twice removes what the first use brought',
      run: async (t) => {
        const db = await t.issuer();
        const f = flow();
        const code = await storeCode(db, f);
        const { jti, token, ...rest } = issuance(f, code);
        await db.issue(rest);
        const replay = await db.codes.consume(code, { client_id: f.clientId });
        assert.equal(replay.status, 'already_used');
        if (replay.status === 'already_used') await db.revoke({ grantId: replay.grant_id });
        assert.equal(await anyAlive(db, { jti, token }), false);
      },
    },
    {
      name: 'lets new grants begin at once',
      run: async (t) => {
        const db = await t.issuer();
        const f = flow();
        for (let i = 0; i < 3; i++) {
          await db.revoke({ username: f.username });
          await db.revoke({ clientId: f.clientId });
          const tokens = await issueTokens(db, { ...f, grantId: `g${i}` });
          assert.equal(await anyAlive(db, tokens), true);
        }
      },
    },
    {
      name: 'finds all of 2,000 tokens of one user',
      run: async (t) => {
        const db = await t.issuer();
        const f = flow();
        const jtis = Array.from({ length: 2000 }, (_, i) => `jti-${f.grantId}-${i}`);
        await contend(2000, (i) =>
          db.accessTokens.store({ jti: jtis[i] ?? '', client_id: f.clientId, username: f.username }),
        );
        assert.equal((await db.revoke({ username: f.username })).accessTokens, 2000);
        for (const jti of jtis.slice(0, 20)) assert.equal(await db.accessTokens.get(jti), null);
        assert.deepEqual(await collect(db.accessTokens.list({ username: f.username })), []);
      },
    },
    {
      name: 'leaves no survivor of rotations and issues that run beside it',
      run: async (t) => {
        const [db, rival] = [await t.issuer(), await t.issuer()];
        for (let round = 0; round < 40; round++) {
          const f = flow();
          const first = await issueTokens(db, f);
          const code = await storeCode(db, f);
          const [rotated, redeemed] = [successors(), issuance(f, code)];
          const fresh = issuance({ ...f, grantId: 'new' });
          const { jti: _j1, token: _t1, ...redeem } = redeemed;
          const { jti: _j2, token: _t2, ...issue } = fresh;
          const rivals = [
            rival.refreshTokens.rotate(first.token, rotated.next),
            rival.issue(redeem),
            rival.issue(issue),
          ];
          await Promise.all([...rivals, db.revoke({ username: f.username })]);
          // What was issued from nothing while the revocation was under way may have begun after it.
          await db.revoke({ username: f.username });
          const survivors: Tokens[] = [first, rotated, redeemed, fresh];
          assert.equal(await anyAlive(db, ...survivors), false, `round ${round}`);
        }
      },
    },
    {
      name: 'tells a user, a client and a grant of one name apart',
      run: async (t) => {
        const db = await t.issuer();
        const flows = [
          { clientId: 'x', username: 'u1', grantId: 'g1' },
          { clientId: 'c2', username: 'x', grantId: 'g2' },
          { clientId: 'c3', username: 'u3', grantId: 'x' },
        ];
        const owners = [{ clientId: 'x' }, { username: 'x' }, { grantId: 'x' }];
        const tokens: Tokens[] = [];
        for (const f of flows) tokens.push(await issueTokens(db, f));
        for (const [n, owner] of owners.entries()) {
          const { accessTokens, refreshTokens } = await db.revoke(owner);
          assert.deepEqual([accessTokens, refreshTokens], [1, 1]);
          for (const [i, one] of tokens.entries()) assert.equal(await anyAlive(db, one), i > n);
        }
      },
    },
    {
      name: 'of one token leaves the others of its grant',
      run: async (t) => {
        const db = await t.issuer();
        const f = flow();
        const [a, b] = [await issueTokens(db, f), await issueTokens(db, f)];
        assert.equal(await db.refreshTokens.revoke(a.token), true);
        assert.equal(await db.accessTokens.revoke(b.jti), true);
        assert.notEqual(await db.accessTokens.get(a.jti), null);
        assert.notEqual(await db.refreshTokens.get(b.token), null);
        const { accessTokens, refreshTokens } = await db.revoke({ grantId: f.grantId });
        assert.deepEqual([accessTokens, refreshTokens], [1, 1]);
      },
    },
    {
      name: 'takes what cannot be read as well',
      run: async (t) => {
        const db = await t.issuer();
        const { username } = flow();
        await db.accessTokens.store({ jti: 'j', client_id: 'c', username });
        const tags = [{ name: t.key(`issued:user_tokens:${username}`), shared: true, member: 'j' }];
        await t.driver.commit({ puts: [t.put('issued:token:j', 'no record', { tags })] }, t.at());
        await fails(() => db.accessTokens.get('j'));
        assert.equal((await db.revoke({ username })).accessTokens, 1);
        assert.equal(await db.accessTokens.get('j'), null);
      },
    },
    {
      name: 'asks for exactly one owner',
      run: async (t) => {
        const db = await t.issuer();
        const tokens = await issueTokens(db, flow());
        for (const bad of [{}, null, undefined, 'alice', { username: 'a', clientId: 'b' }, { user: 'a' }]) {
          await refuses(() => db.revoke(bad as never), /username/);
        }
        for (const bad of ['', 7, null, '\ud800'])
          await refuses(() => db.revoke({ username: bad as never }), /username/);
        assert.equal(await anyAlive(db, tokens), true);
      },
    },
  ],
};
