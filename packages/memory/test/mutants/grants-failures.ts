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
];
