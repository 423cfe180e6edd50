import assert from 'node:assert/strict';
import type { Driver } from '../../../driver.ts';
import type { OAuthDatabase } from '../../../oauth-database.ts';
import type { DatabaseOptions } from '../../../options.ts';
import type { Reencrypted } from '../../../secrets/reencrypt.ts';
import type { Context } from '../../context.ts';
import { stopping } from '../../stopping.ts';
import type { Behaviour } from '../../suite.ts';
import { flow, issuance, issueTokens, redirectUri, secret, storeCode, successors } from '../grants/flow.ts';
import { assertReadable, newKey, sealing, storeEverything } from './everything.ts';

/** A driver whose listings are no steps: beside the keys of this case it may walk past many others. */
function unlisted(t: Context, driver: Driver): Driver {
  return { ...driver, list: (where, page, at) => t.driver.list(where, page, at) };
}

/** Runs a reencryption, stopped before one of its steps while `rival` runs. */
async function stoppedAt(
  t: Context,
  stop: number,
  options: DatabaseOptions,
  rival: () => Promise<unknown>,
): Promise<Reencrypted & { ended: boolean }> {
  const { driver, reached, go } = stopping(t.driver, stop);
  const reencrypting = t.issuerOver(unlisted(t, driver), options).reencrypt();
  const ended = (await Promise.race([reached, reencrypting])) !== 'stopped';
  await rival();
  go();
  return { ...(await reencrypting), ended };
}

/** Runs a reencryption, stopped before each of its steps, while `rival` runs; `after` is asked each time. */
async function stoppedReencryption(
  t: Context,
  options: DatabaseOptions,
  round: () => Promise<{ rival: () => Promise<unknown>; after: () => Promise<void> }>,
): Promise<void> {
  for (let stop = 0; ; stop++) {
    const { rival, after } = await round();
    const { ended } = await stoppedAt(t, stop, options, rival);
    await after();
    if (ended) return;
  }
}

export const reencryptionSchedules: Behaviour = {
  name: 'a reencryption beside others',
  isOfSecrets: true,
  cases: [
    {
      name: 'tries again what was stored under an older key meanwhile',
      run: async (t) => {
        if (!t.supports.scan) return;
        const [old, next] = [newKey('old'), newKey('next')];
        const before = await t.issuer(sealing(old, next));
        await before.storeToken('k', 'first');
        // It has read the value, and how long it lives.
        const { rewritten } = await stoppedAt(t, 2, sealing(next, old), () =>
          before.storeToken('k', 'second'),
        );
        assert.equal(rewritten, 1);
        assert.equal(await (await t.issuer(sealing(next))).getToken('k'), 'second');
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
      name: 'crashed before each step, is finished by calling it again',
      run: async (t) => {
        if (!t.supports.scan) return;
        const [old, next] = [newKey('old'), newKey('next')];
        const before = await t.issuer(sealing(old));
        const [db, after] = [await t.issuer(sealing(next, old)), await t.issuer(sealing(next))];
        for (let stop = 0, ended = false; !ended; stop++) {
          const e = await storeEverything(before, t);
          const { driver, reached, crash } = stopping(t.driver, stop);
          const reencrypting = t.issuerOver(unlisted(t, driver), sealing(next, old)).reencrypt();
          ended = (await Promise.race([reached, reencrypting])) !== 'stopped';
          crash();
          await reencrypting.catch(() => {});
          await assertReadable(db, e);
          await db.reencrypt();
          const { rewritten, unreadable } = await after.reencrypt();
          assert.deepEqual([rewritten, unreadable], [0, 0]);
          await assertReadable(after, e);
        }
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
