import assert from 'node:assert/strict';
import { OAuthDatabaseError } from '../../../error.ts';
import type { OAuthDatabase } from '../../../oauth-database.ts';
import type { Behaviour } from '../../suite.ts';
import { through } from '../../through.ts';
import { collect, fails } from '../../tools.ts';

/** Every method of what is issued. */
function everyMethod(db: OAuthDatabase): Record<string, () => Promise<unknown>> {
  const [client_id, username] = ['c', 'u'];
  const token = { client_id, jti: 'j', token: 'r' };
  return {
    'clients.register': () => db.clients.register({ client_id }),
    'clients.get': () => db.clients.get(client_id),
    'clients.update': () => db.clients.update(client_id, {}),
    'clients.delete': () => db.clients.delete(client_id),
    'clients.list': () => collect(db.clients.list()),
    'clients.list of a user': () => collect(db.clients.list({ username })),
    'clients.listPage': () => db.clients.listPage(),
    'states.store': () => db.states.store('s', { client_id }),
    'states.consume': () => db.states.consume('s'),
    'codes.store': () => db.codes.store('c', { client_id }),
    'codes.peek': () => db.codes.peek('c'),
    'codes.consume': () => db.codes.consume('c', { client_id }),
    'accessTokens.store': () => db.accessTokens.store(token),
    'accessTokens.get': () => db.accessTokens.get('j'),
    'accessTokens.has': () => db.accessTokens.has('j'),
    'accessTokens.expiry': () => db.accessTokens.expiry('j'),
    'accessTokens.revoke': () => db.accessTokens.revoke('j'),
    'accessTokens.list': () => collect(db.accessTokens.list({ username })),
    'accessTokens.listPage': () => db.accessTokens.listPage({ username }),
    'refreshTokens.store': () => db.refreshTokens.store(token),
    'refreshTokens.get': () => db.refreshTokens.get('r'),
    'refreshTokens.rotate': () => db.refreshTokens.rotate('r', () => null),
    'refreshTokens.revoke': () => db.refreshTokens.revoke('r'),
    'refreshTokens.list': () => collect(db.refreshTokens.list({ username })),
    'refreshTokens.listPage': () => db.refreshTokens.listPage({ username }),
    'sessions.store': () => db.sessions.store('s', { username }),
    'sessions.get': () => db.sessions.get('s'),
    'sessions.touch': () => db.sessions.touch('s'),
    'sessions.delete': () => db.sessions.delete('s'),
    'sessions.list': () => collect(db.sessions.list({ username })),
    'sessions.listPage': () => db.sessions.listPage({ username }),
    issue: () => db.issue({ client_id, accessToken: { jti: 'j' } }),
    'issue for a code': () => db.issue({ client_id, code: 'c', accessToken: { jti: 'j' } }),
    revoke: () => db.revoke({ username }),
  };
}

export const failing: Behaviour = {
  name: 'failures: no answer hides one,',
  cases: [
    {
      name: 'whatever is asked while the backend cannot be reached',
      run: async (t) => {
        const unreachable = through(t.driver, () =>
          Promise.reject(new OAuthDatabaseError('OAUTHDB_UNAVAILABLE', 'away', { outcome: 'not_executed' })),
        );
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
