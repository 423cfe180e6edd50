import { OAuthDatabaseError } from '@oauthdb/core';
import type { Mutant } from './mutant.ts';

const whatever = 'failures: no answer hides one, › whatever is asked while the backend cannot be reached';

export const hiddenFailures: readonly Mutant[] = [
  {
    name: 'a token that cannot be read is none',
    caughtBy: whatever,
    betrays: (sound) => ({
      accessTokens: { get: (jti) => sound.accessTokens.get(jti).catch(() => null) },
    }),
  },
  {
    name: 'a code that cannot be redeemed is none',
    caughtBy: whatever,
    betrays: (sound) => ({
      codes: { consume: (code, by) => sound.codes.consume(code, by).catch(() => ({ status: 'not_found' })) },
    }),
  },
  {
    name: 'a refresh token that cannot be rotated is none',
    caughtBy: whatever,
    betrays: (sound) => ({
      refreshTokens: {
        rotate: (token, next) =>
          sound.refreshTokens.rotate(token, next).catch(() => ({ status: 'not_found' })),
      },
    }),
  },
  {
    name: 'a list that cannot be read is empty',
    caughtBy: whatever,
    betrays: (sound) => ({
      sessions: {
        async *list(owner) {
          try {
            yield* sound.sessions.list(owner);
          } catch {
            // Nothing more.
          }
        },
      },
    }),
  },
  {
    name: 'what is asked for is looked at after it was asked for',
    caughtBy: 'hostile input › sends nothing of what it refuses',
    betrays: (sound) => ({
      getToken: async (key) => {
        await sound.hasToken('k');
        return sound.getToken(key);
      },
    }),
  },
  {
    name: 'tokens whose answer is lost were not issued',
    caughtBy: 'nor says that nothing was done where something was: an issue without a code',
    betrays: (sound) => ({
      issue: async (issuance) => {
        const issued = await sound.issue(issuance);
        // Anything more that can fail.
        await sound.hasToken('k').catch(denied);
        return issued;
      },
    }),
  },
  {
    name: 'a revocation that fails half-way has done nothing',
    caughtBy: 'nor says that nothing was done where something was: a revocation',
    betrays: (sound) => ({ revoke: (owner) => sound.revoke(owner).catch(denied) }),
  },
  {
    name: 'the deletion of a client that fails half-way has done nothing',
    caughtBy: 'nor says that nothing was done where something was: the deletion of a client',
    betrays: (sound) => ({ clients: { delete: (id) => sound.clients.delete(id).catch(denied) } }),
  },
  {
    name: 'a batch of which a part was stored has stored nothing',
    caughtBy: 'nor says that nothing was done where something was: a thousand tokens',
    betrays: (sound) => ({ storeTokens: (tokens) => sound.storeTokens(tokens).catch(denied) }),
  },
];

/** The same failure, which says that nothing was changed. */
function denied({ code, message }: OAuthDatabaseError): never {
  throw new OAuthDatabaseError(code, message, { outcome: 'not_executed' });
}
