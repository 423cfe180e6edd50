import assert from 'node:assert/strict';
import type { OAuthDatabase } from '../../../oauth-database.ts';
import type { Context } from '../../context.ts';
import { stopping } from '../../stopping.ts';
import type { Behaviour } from '../../suite.ts';
import { collect } from '../../tools.ts';
import {
  anyAlive,
  flow,
  issuance,
  issueTokens,
  storeCode,
  successors,
  type Flow,
  type Tokens,
} from './flow.ts';

interface Crash {
  /** Ends before its first step, before its second, and so on. */
  readonly run: (db: OAuthDatabase) => Promise<unknown>;
  /** What must hold afterwards. */
  readonly holds: (db: OAuthDatabase) => Promise<void>;
}

async function everyCrash(t: Context, prepare: (db: OAuthDatabase) => Promise<Crash>): Promise<void> {
  const db = await t.issuer();
  for (let stop = 0; ; stop++) {
    assert.ok(stop < 200, 'the operation never ends');
    const { run, holds } = await prepare(db);
    const { driver, reached, crash } = stopping(t.driver, stop);
    const running = run(t.issuerOver(driver));
    const ended = await Promise.race([reached, running.then(() => 'ended')]);
    crash();
    if (ended === 'stopped') await assert.rejects(running);
    await holds(db);
    if (ended === 'ended') return;
  }
}

/** Whether the tokens live; if one does, both do, and every list shows them. */
async function wholeOrNothing(db: OAuthDatabase, f: Flow, { jti, token }: Tokens): Promise<boolean> {
  const [access, refresh] = [await db.accessTokens.get(jti), await db.refreshTokens.get(token)];
  assert.equal(access === null, refresh === null, 'one of two tokens was stored');
  if (access === null || refresh === null) return false;
  for (const owner of [{ username: f.username }, { clientId: f.clientId }, { grantId: f.grantId }]) {
    const jtis = (await collect(db.accessTokens.list(owner))).map((one) => one.jti);
    const handles = (await collect(db.refreshTokens.list(owner))).map((one) => one.handle);
    assert.ok(jtis.includes(jti), 'an access token is live and not listed');
    assert.ok(handles.includes(refresh.handle), 'a refresh token is live and not listed');
  }
  return true;
}

export const crashes: Behaviour = {
  name: 'crashes: ended before each step,',
  cases: [
    {
      name: 'an issue leaves the code, or the tokens, and never both',
      run: (t) =>
        everyCrash(t, async (db) => {
          const f = flow();
          const code = await storeCode(db, f);
          const { jti, token, ...rest } = issuance(f, code);
          return {
            run: (crashing) => crashing.issue(rest),
            holds: async () => {
              const issued = await wholeOrNothing(db, f, { jti, token });
              assert.equal((await db.codes.peek(code)) === null, issued);
            },
          };
        }),
    },
    {
      name: 'an issue without a code stores all or nothing',
      run: (t) =>
        everyCrash(t, async (db) => {
          const f = flow();
          const { jti, token, ...rest } = issuance(f);
          return {
            run: (crashing) => crashing.issue(rest),
            holds: async () => void (await wholeOrNothing(db, f, { jti, token })),
          };
        }),
    },
    {
      name: 'a rotation leaves the old token, or its successors, and never both',
      run: (t) =>
        everyCrash(t, async (db) => {
          const f = flow();
          const first = await issueTokens(db, f);
          const to = successors();
          return {
            run: (crashing) => crashing.refreshTokens.rotate(first.token, to.next),
            holds: async () => {
              const rotated = await wholeOrNothing(db, f, to);
              assert.equal((await db.refreshTokens.get(first.token)) === null, rotated);
            },
          };
        }),
    },
    {
      name: 'a revocation is finished by the next one',
      run: (t) =>
        everyCrash(t, async (db) => {
          const f = flow();
          const tokens = [
            await issueTokens(db, f),
            await issueTokens(db, { ...f, grantId: 'another grant' }),
          ];
          const code = await storeCode(db, f);
          return {
            run: (crashing) => crashing.revoke({ username: f.username }),
            holds: async () => {
              await db.revoke({ username: f.username });
              assert.equal(await anyAlive(db, ...tokens), false);
              assert.equal(await db.codes.peek(code), null);
            },
          };
        }),
    },
    {
      name: 'the deletion of a client is finished by the next one',
      run: (t) =>
        everyCrash(t, async (db) => {
          const f = flow();
          await db.clients.register({ client_id: f.clientId });
          const tokens = await issueTokens(db, f);
          return {
            run: (crashing) => crashing.clients.delete(f.clientId),
            holds: async () => {
              await db.clients.delete(f.clientId);
              assert.equal(await db.clients.get(f.clientId), null);
              assert.equal(await anyAlive(db, tokens), false);
            },
          };
        }),
    },
    {
      name: 'a registration is made, or not',
      run: (t) =>
        everyCrash(t, async (db) => {
          const { clientId } = flow();
          return {
            run: (crashing) => crashing.clients.register({ client_id: clientId, scope: 'mcp:*' }),
            holds: async () => {
              const client = await db.clients.get(clientId);
              assert.ok(client === null || client.scope === 'mcp:*');
              if (client === null) {
                assert.equal((await db.clients.register({ client_id: clientId })).status, 'registered');
              }
            },
          };
        }),
    },
  ],
};
