import { OAuthDatabaseError, type OAuthDatabase } from '@oauthdb/core';

/** A database that cannot be reached, whatever is asked of it. */
export function failing(): OAuthDatabase {
  const fail = (): never => {
    throw new OAuthDatabaseError('OAUTHDB_UNAVAILABLE', 'nobody is there', { outcome: 'not_executed' });
  };
  const part = new Proxy({}, { get: () => async () => fail() });
  const parts = new Set<string | symbol>(['clients', 'states', 'codes', 'accessTokens', 'refreshTokens']);
  return new Proxy({}, { get: (_, name) => (parts.has(name) ? part : async () => fail()) }) as OAuthDatabase;
}
