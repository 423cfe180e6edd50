import assert from 'node:assert/strict';
import { isOAuthDatabaseError } from '../../../error.ts';
import type { OAuthDatabase } from '../../../oauth-database.ts';
import type { Context } from '../../context.ts';
import { losing } from '../../losing.ts';
import type { Behaviour } from '../../suite.ts';
import { hour } from '../../tools.ts';
import { anyAlive, flow, issuance, issueTokens, redirectUri, secret, storeCode, successors } from './flow.ts';

interface Loss<T> {
  readonly run: (db: OAuthDatabase) => Promise<T>;
  /** What must hold afterwards, whichever reply was lost, and when none was. */
  readonly holds: (answer: T) => Promise<void> | void;
}

/** Runs an operation without the reply to its first call, to its second, and so on. */
async function everyLoss<T>(t: Context, prepare: (db: OAuthDatabase) => Promise<Loss<T>>): Promise<void> {
  const db = await t.issuer();
  for (let lost = 0; ; lost++) {
    assert.ok(lost < 200, 'the operation never ends');
    const { run, holds } = await prepare(db);
    const { driver, hasLost } = losing(t.driver, lost);
    await holds(await run(t.issuerOver(driver, { retryDelayOnFailover: 0 })));
    if (!hasLost()) return;
  }
}

/** The answer, or nothing when only that much is known. */
async function unlessUnknown<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    assert.ok(isOAuthDatabaseError(error));
    assert.equal(error.outcome, 'unknown');
    return null;
  }
}

export const lostReplies: Behaviour = {
  name: 'lost replies: without the answer to any one call,',
  cases: [
    {
      name: 'a state is given to whoever took it',
      run: (t) =>
        everyLoss(t, async (db) => {
          const state = secret('state');
          await db.states.store(state, { client_id: 'c' });
          return {
            run: (losingDb) => losingDb.states.consume(state),
            holds: ({ status }) => assert.equal(status, 'consumed'),
          };
        }),
    },
    {
      name: 'a code is redeemed by whoever took it',
      run: (t) =>
        everyLoss(t, async (db) => {
          const f = flow();
          const code = await storeCode(db, f);
          return {
            run: (losingDb) =>
              losingDb.codes.consume(code, { client_id: f.clientId, redirect_uri: redirectUri }),
            holds: ({ status }) => assert.equal(status, 'consumed'),
          };
        }),
    },
    {
      name: 'tokens are issued, for a code and without one',
      run: async (t) => {
        for (const withCode of [true, false]) {
          await everyLoss(t, async (db) => {
            const f = flow();
            const { jti, token, ...rest } = issuance(f, withCode ? await storeCode(db, f) : undefined);
            return {
              run: (losingDb) => losingDb.issue(rest),
              holds: async ({ status }) => {
                assert.equal(status, 'issued');
                assert.notEqual(await db.accessTokens.get(jti), null);
                assert.notEqual(await db.refreshTokens.get(token), null);
              },
            };
          });
        }
      },
    },
    {
      name: 'a rotation is not taken for reuse',
      run: (t) =>
        everyLoss(t, async (db) => {
          const { token } = await issueTokens(db, flow());
          const to = successors();
          return {
            run: (losingDb) => losingDb.refreshTokens.rotate(token, to.next),
            holds: async (result) => {
              assert.equal(result.status === 'rotated' && result.token, to.token);
              assert.equal(await anyAlive(db, to), true);
            },
          };
        }),
    },
    {
      name: 'what was revoked or deleted was there',
      run: (t) =>
        everyLoss(t, async (db) => {
          const [one, f] = [await issueTokens(db, flow()), flow()];
          await issueTokens(db, f);
          const session = secret('session');
          await db.sessions.store(session, {});
          return {
            run: async (losingDb) => [
              await losingDb.accessTokens.revoke(one.jti),
              await losingDb.refreshTokens.revoke(one.token),
              await losingDb.sessions.delete(session),
              await losingDb.revoke({ username: f.username }),
            ],
            holds: (answers) =>
              assert.deepEqual(answers, [
                true,
                true,
                true,
                { accessTokens: 1, refreshTokens: 1, codes: 0, sessions: 0 },
              ]),
          };
        }),
    },
    {
      name: 'a session is touched',
      run: (t) =>
        everyLoss(t, async (db) => {
          const session = secret('session');
          await db.sessions.store(session, { n: 1 });
          return {
            run: (losingDb) => losingDb.sessions.touch(session, t.clock.in(hour)),
            holds: async (touched) => assert.deepEqual(await db.sessions.get(session), touched),
          };
        }),
    },
    {
      name: 'a registration is made, and a change is made, once',
      run: (t) =>
        everyLoss(t, async (db) => {
          const { clientId } = flow();
          return {
            run: async (losingDb) => [
              await unlessUnknown(losingDb.clients.register({ client_id: clientId, count: 0 })),
              await unlessUnknown(
                losingDb.clients.update(clientId, ({ count }) => ({ count: Number(count) + 1 })),
              ),
            ],
            holds: async ([registered]) => {
              if (registered !== null) assert.equal((registered as { status: string }).status, 'registered');
              assert.equal((await db.clients.get(clientId))?.['count'], 1);
            },
          };
        }),
    },
  ],
};
