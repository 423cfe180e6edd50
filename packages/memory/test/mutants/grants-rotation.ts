import { randomUUID } from 'node:crypto';
import {
  altered,
  asJson,
  forEver,
  hiding,
  inSteps,
  isRotated,
  nothing,
  reading,
  recordOf,
  rotates,
  unrotated,
} from './grants.ts';
import { commitWith, type Mutant } from './mutant.ts';

const behaviour = 'rotation of refresh tokens';
const schedules = 'schedules: stopped before each step, while a rival runs to its end,';
const crashes = 'crashes: ended before each step,';

export const rotation: readonly Mutant[] = [
  {
    name: 'a rotation does not check that nobody came first',
    caughtBy: `${schedules} › two rotations of one token have one successor, and its reuse is noticed`,
    betrays: rotates((sound) => ({
      commit: ({ checks: _unchecked, ...change }, at) => sound.commit(change, at),
    })),
  },
  {
    name: 'a rotation checks in a step of its own',
    caughtBy: `${behaviour} › has one successor, whoever of fifty and of two hundred rotates one token`,
    betrays: rotates(
      inSteps(
        ({ checks = [] }) => ({ checks }),
        ({ checks: _checked, ...change }) => change,
      ),
    ),
  },
  {
    name: 'a rotation ends the token first, and stores its successors then',
    caughtBy: `${crashes} › a rotation leaves the old token, or its successors, and never both`,
    betrays: rotates(
      inSteps(
        ({ checks = [], puts = [] }) => ({ checks, puts: puts.filter(isRotated) }),
        ({ puts = [] }) => ({ puts: puts.filter((put) => !isRotated(put)) }),
      ),
    ),
  },
  {
    name: 'a rotation stores successors first, and ends the token then',
    caughtBy: `${crashes} › a rotation leaves the old token, or its successors, and never both`,
    betrays: rotates(
      inSteps(
        ({ puts = [] }) => ({ puts: puts.filter((put) => !isRotated(put)) }),
        ({ checks = [], puts = [] }) => ({ checks, puts: puts.filter(isRotated) }),
      ),
    ),
  },
  {
    name: 'a rotated token stays valid',
    caughtBy: `${behaviour} › gives a successor that stands for the same grant, and ends the old token`,
    betrays: rotates((sound) => ({
      commit: ({ puts = [], ...change }, at) =>
        sound.commit({ ...change, puts: puts.filter((put) => !isRotated(put)) }, at),
    })),
  },
  {
    name: 'a rotated token is forgotten, and its reuse not noticed',
    caughtBy: `${behaviour} › takes the reuse of a rotated token for theft: its whole grant dies, and no other`,
    betrays: rotates((sound) => ({
      commit: ({ puts = [], deletes = [], ...change }, at) => {
        const ended = puts.filter(isRotated);
        const left = puts.filter((put) => !isRotated(put));
        return sound.commit({ ...change, puts: left, deletes: [...deletes, ...ended] }, at);
      },
    })),
  },
  {
    name: 'reuse is noticed, and revokes nothing',
    caughtBy: `${behaviour} › takes the reuse of a rotated token for theft: its whole grant dies, and no other`,
    betrays: rotates(hiding(() => true)),
  },
  {
    name: 'reuse revokes what was rotated, and not what succeeds it',
    caughtBy: `${behaviour} › takes the reuse of a rotated token for theft: its whole grant dies, and no other`,
    betrays: rotates(hiding((_kind, record) => !('rotated_at' in record))),
  },
  {
    name: 'reuse leaves the access tokens of the grant',
    caughtBy: `${behaviour} › takes the reuse of a rotated token for theft: its whole grant dies, and no other`,
    betrays: rotates(hiding((kind) => kind === 'token')),
  },
  {
    name: 'reuse revokes everything of the client',
    caughtBy: `${behaviour} › takes the reuse of a rotated token for theft: its whole grant dies, and no other`,
    betrays: (sound, over) => ({
      refreshTokens: {
        rotate: async (token, next) => {
          let clientId = '';
          const watching = over((driver) => ({
            read: async (keys, at) => {
              const entries = await driver.read(keys, at);
              if (entries[0] != null) clientId = String(recordOf(entries[0].value)['client_id']);
              return entries;
            },
          }));
          await watching.refreshTokens.get(token);
          const result = await sound.refreshTokens.rotate(token, next);
          if (result.status === 'reused') await sound.revoke({ clientId });
          return result;
        },
      },
    }),
  },
  {
    name: 'reuse is known for a minute, whatever was asked for',
    caughtBy: `${behaviour} › recognises reuse for as long as it is told to`,
    betrays: rotates(nothing, { rotation: { reuseDetection: 60_000 } }),
  },
  {
    name: 'a rotation does not know itself again after a lost reply',
    caughtBy: 'lost replies: without the answer to any one call, › a rotation is not taken for reuse',
    betrays: rotates((sound) => ({
      commit: commitWith(sound, (put) =>
        isRotated(put) ? altered(put, (record) => ({ ...record, rotated_by: randomUUID() })) : put,
      ),
    })),
  },
  {
    name: 'every rotation begins a grant of its own',
    caughtBy: `${behaviour} › gives a successor that stands for the same grant, and ends the old token`,
    betrays: rotates((sound) => ({
      commit: commitWith(sound, (put) =>
        isRotated(put) ? put : altered(put, (record) => ({ ...record, grant_id: randomUUID() })),
      ),
    })),
  },
  {
    name: 'a successor belongs to nobody',
    caughtBy: `${behaviour} › gives a successor that stands for the same grant, and ends the old token`,
    betrays: (sound) => ({
      refreshTokens: {
        rotate: (token, next) =>
          sound.refreshTokens.rotate(token, async (current) => {
            const given = await next(current);
            if (given?.refreshToken === undefined) return given;
            return { ...given, refreshToken: { ...given.refreshToken, username: null } };
          }),
      },
    }),
  },
  {
    name: 'a successor ends when the token before it would have ended',
    caughtBy: `${behaviour} › gives a successor that stands for the same grant, and ends the old token`,
    betrays: (sound) => ({
      refreshTokens: {
        rotate: (token, next) =>
          sound.refreshTokens.rotate(token, async (current) => {
            const given = await next(current);
            if (given?.refreshToken === undefined) return given;
            const { expires_at } = current;
            return { ...given, refreshToken: { expires_at, ...given.refreshToken } };
          }),
      },
    }),
  },
  {
    name: 'a date that is none is taken for never',
    caughtBy: `${behaviour} › changes nothing when the server refuses, or throws`,
    betrays: (sound) => ({
      refreshTokens: {
        rotate: (token, next) =>
          sound.refreshTokens.rotate(token, async (...asked) => asJson(await next(...asked))),
      },
    }),
  },
  {
    name: 'a refusal ends the token',
    caughtBy: `${behaviour} › changes nothing when the server refuses, or throws`,
    betrays: (sound) => ({
      refreshTokens: {
        rotate: async (token, next) => {
          const result = await sound.refreshTokens.rotate(token, next);
          if (result.status === 'refused') await sound.refreshTokens.revoke(token);
          return result;
        },
      },
    }),
  },
  {
    name: 'an answer without a successor ends the token as well',
    caughtBy: `${behaviour} › keeps the old token when the answer has no new one`,
    betrays: (sound) => ({
      refreshTokens: {
        rotate: async (token, next) => {
          const result = await sound.refreshTokens.rotate(token, next);
          if (result.status === 'rotated' && result.token === null) await sound.refreshTokens.revoke(token);
          return result;
        },
      },
    }),
  },
  {
    name: 'a token that has expired is rotated',
    caughtBy: `${behaviour} › knows neither an unknown nor an expired token, and asks nobody about it`,
    betrays: rotates(reading('refresh', forEver)),
  },
  {
    name: 'a rotated token can still be read',
    caughtBy: `${behaviour} › gives a successor that stands for the same grant, and ends the old token`,
    betrays: (_sound, over) => ({
      refreshTokens: { get: (token) => over(reading('refresh', unrotated)).refreshTokens.get(token) },
    }),
  },
];
