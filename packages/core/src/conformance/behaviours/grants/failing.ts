import assert from 'node:assert/strict';
import { isOAuthDatabaseError, OAuthDatabaseError } from '../../../error.ts';
import type { OAuthDatabase } from '../../../oauth-database.ts';
import type { Context } from '../../context.ts';
import { everyMethod } from '../../every-method.ts';
import type { Behaviour } from '../../suite.ts';
import { through } from '../../through.ts';
import { fails } from '../../tools.ts';
import { anyAlive, flow, issuance, issueTokens, storeCode, successors, type Tokens } from './flow.ts';

interface Failure {
  readonly run: (db: OAuthDatabase) => Promise<unknown>;
  /** Whether everything is as it was. */
  readonly untouched: () => Promise<boolean>;
}

/** Runs an operation whose first call fails, whose second call fails, and so on, and which is not repeated. */
async function everyFailure(t: Context, prepare: (db: OAuthDatabase) => Promise<Failure>): Promise<void> {
  const db = await t.issuer();
  for (let failed = 0; ; failed++) {
    assert.ok(failed < 200, 'the operation never ends');
    const { run, untouched } = await prepare(db);
    let calls = 0;
    const driver = through(t.driver, (work) => (calls++ === failed ? Promise.reject(away()) : work()));
    const error: unknown = await run(t.issuerOver(driver, { maxRetriesPerRequest: 0 })).catch(
      (thrown: unknown) => thrown,
    );
    if (calls <= failed) return;
    if (isOAuthDatabaseError(error) && error.outcome === 'not_executed')
      assert.equal(await untouched(), true);
  }
}

function away(): OAuthDatabaseError {
  return new OAuthDatabaseError('OAUTHDB_UNAVAILABLE', 'away', { outcome: 'not_executed' });
}

async function allAlive(db: OAuthDatabase, ...tokens: readonly Tokens[]): Promise<boolean> {
  const alive = await Promise.all(tokens.map((one) => anyAlive(db, one)));
  const whole = await Promise.all(tokens.map(({ token }) => db.refreshTokens.get(token)));
  return !alive.includes(false) && !whole.includes(null);
}

export const failing: Behaviour = {
  name: 'failures: no answer hides one,',
  cases: [
    {
      name: 'whatever is asked while the backend cannot be reached',
      run: async (t) => {
        const unreachable = through(t.driver, () => Promise.reject(away()));
        const db = t.issuerOver(unreachable, { maxRetriesPerRequest: 0 });
        for (const method of Object.values(everyMethod(db))) await fails(method, 'OAUTHDB_UNAVAILABLE');
      },
    },
    {
      name: 'whatever is asked after closing',
      run: async (t) => {
        const db = await t.issuer();
        await db.close();
        for (const method of Object.values(everyMethod(db))) await fails(method, 'OAUTHDB_CLOSED');
      },
    },
    {
      name: 'nor says that nothing was done where something was: an issue for a code',
      run: (t) =>
        everyFailure(t, async (db) => {
          const f = flow();
          const code = await storeCode(db, f);
          await db.clients.register({ client_id: f.clientId });
          const { jti, token, ...rest } = issuance(f, code);
          return {
            run: (failingDb) => failingDb.issue(rest),
            untouched: async () =>
              !(await anyAlive(db, { jti, token })) && (await db.codes.peek(code)) !== null,
          };
        }),
    },
    {
      name: 'nor says that nothing was done where something was: an issue without a code',
      run: (t) =>
        everyFailure(t, async (db) => {
          const { jti, token, ...rest } = issuance(flow());
          return {
            run: (failingDb) => failingDb.issue(rest),
            untouched: async () => !(await anyAlive(db, { jti, token })),
          };
        }),
    },
    {
      name: 'nor says that nothing was done where something was: a rotation',
      run: (t) =>
        everyFailure(t, async (db) => {
          const f = flow();
          const { token } = await issueTokens(db, f);
          await db.clients.register({ client_id: f.clientId });
          const to = successors();
          return {
            run: (failingDb) => failingDb.refreshTokens.rotate(token, to.next),
            untouched: async () => !(await anyAlive(db, to)) && (await db.refreshTokens.get(token)) !== null,
          };
        }),
    },
    {
      name: 'nor says that nothing was done where something was: a revocation',
      run: (t) =>
        everyFailure(t, async (db) => {
          const f = flow();
          const tokens = [await issueTokens(db, f), await issueTokens(db, f)];
          return {
            run: (failingDb) => failingDb.revoke({ username: f.username }),
            untouched: () => allAlive(db, ...tokens),
          };
        }),
    },
    {
      name: 'nor says that nothing was done where something was: the deletion of a client',
      run: (t) =>
        everyFailure(t, async (db) => {
          const f = flow();
          await db.clients.register({ client_id: f.clientId });
          const tokens = await issueTokens(db, f);
          return {
            run: (failingDb) => failingDb.clients.delete(f.clientId),
            untouched: async () =>
              (await allAlive(db, tokens)) && (await db.clients.get(f.clientId)) !== null,
          };
        }),
    },
    {
      name: 'nor says that nothing was done where something was: a thousand tokens',
      run: async (t) => {
        const keys = Array.from({ length: 1001 }, (_, i) => `k${i}`);
        await everyFailure(t, async (db) => ({
          run: (failingDb) => failingDb.storeTokens(keys.map((key) => ({ key, token: 'token' }))),
          untouched: async () => (await db.getTokens(keys)).every((token) => token === null),
        }));
        await everyFailure(t, async (db) => {
          await db.storeTokens(keys.map((key) => ({ key, token: 'token' })));
          return {
            run: (failingDb) => failingDb.deleteTokens(keys),
            untouched: async () => !(await db.getTokens(keys)).includes(null),
          };
        });
      },
    },
    {
      name: 'nor takes what is no record for nothing',
      run: async (t) => {
        const db = await t.issuer();
        const methods = everyMethod(db);
        for (const value of ['', 'null', '[]', '"text"', '{', '{"client_id":"c"']) {
          for (const key of ['client:c', 'token:j']) {
            await t.driver.commit({ puts: [t.put(`issued:${key}`, value)] }, t.at());
          }
          for (const name of ['clients.get', 'clients.update', 'accessTokens.get', 'accessTokens.has']) {
            await fails(methods[name] ?? assert.fail, 'OAUTHDB_CORRUPT');
          }
        }
      },
    },
  ],
};
