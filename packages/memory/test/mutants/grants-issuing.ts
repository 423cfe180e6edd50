import { randomUUID } from 'node:crypto';
import { altered, asJson, forEver, inSteps, issues, reading } from './grants.ts';
import { commitWith, type Mutant } from './mutant.ts';

const behaviour = 'issuing';
const crashes = 'crashes: ended before each step,';
const stored = `${behaviour} › redeems the code, stores both tokens and lists them by user, client and grant`;
const refused = `${behaviour} › stores nothing when the code is another client’s, used, expired or unknown`;

export const issuing: readonly Mutant[] = [
  {
    name: 'tokens are stored, whether their code is redeemed then or not',
    caughtBy: `${behaviour} › of fifty who redeem one code one is issued tokens, and nobody else’s are stored`,
    betrays: issues(
      inSteps(
        ({ puts = [] }) => ({ puts }),
        ({ puts: _stored, ...change }) => change,
      ),
    ),
  },
  {
    name: 'a code is redeemed first, and its tokens are stored then',
    caughtBy: `${crashes} › an issue leaves the code, or the tokens, and never both`,
    betrays: issues(
      inSteps(
        ({ puts: _later, ...change }) => change,
        ({ puts = [] }) => ({ puts }),
      ),
    ),
  },
  {
    name: 'the tokens of a grant are stored one after the other',
    caughtBy: `${crashes} › an issue without a code stores all or nothing`,
    betrays: issues(
      inSteps(
        ({ puts = [], ...change }) => ({ ...change, puts: puts.slice(0, 1) }),
        ({ puts = [] }) => ({ puts: puts.slice(1) }),
      ),
    ),
  },
  {
    name: 'tokens are stored first, and listed then',
    caughtBy: `${crashes} › an issue without a code stores all or nothing`,
    betrays: issues(
      inSteps(
        ({ puts = [], ...change }) => ({ ...change, puts: puts.map(({ tags: _later, ...put }) => put) }),
        ({ puts = [] }) => ({ puts }),
      ),
    ),
  },
  {
    name: 'tokens are listed by user only',
    caughtBy: stored,
    betrays: issues((sound) => ({
      commit: commitWith(sound, (put) => ({
        ...put,
        tags: (put.tags ?? []).filter(({ name }) => name.includes(':user_')),
      })),
    })),
  },
  {
    name: 'a code is redeemed for any client',
    caughtBy: refused,
    betrays: issues((sound) => ({
      commit: ({ take, ...change }, at) => {
        if (take === undefined) return sound.commit(change, at);
        const { containing: _ignored, ...unbound } = take;
        return sound.commit({ ...change, take: unbound }, at);
      },
    })),
  },
  {
    name: 'a code is burnt by whoever must not redeem it',
    caughtBy: refused,
    betrays: (sound) => ({
      issue: async (issuance) => {
        const { code } = issuance;
        const issued = await sound.issue(issuance);
        const grant = code === undefined ? null : await sound.codes.peek(code);
        if (code !== undefined && grant !== null) await sound.codes.consume(code, grant);
        return issued;
      },
    }),
  },
  {
    name: 'a date that is none is taken for never',
    caughtBy: `${behaviour} › refuses an issuance that makes no sense, and writes nothing`,
    betrays: (sound) => ({ issue: (issuance) => sound.issue(asJson(issuance)) }),
  },
  {
    name: 'a code is burnt by an issuance that makes no sense',
    caughtBy: `${behaviour} › refuses an issuance that makes no sense, and writes nothing`,
    betrays: (sound) => ({
      issue: async (issuance) => {
        try {
          return await sound.issue(issuance);
        } catch (error) {
          const { code, client_id } = issuance ?? {};
          if (code !== undefined) await sound.codes.consume(code, { client_id });
          throw error;
        }
      },
    }),
  },
  {
    name: 'a code is redeemed after its end',
    caughtBy: refused,
    betrays: issues((sound) => ({
      ...reading('code', forEver)(sound),
      commit: (change, at) => sound.commit(change, { ...at, now: 0 }),
    })),
  },
  {
    name: 'a code is redeemed by a new attempt when the reply was lost',
    caughtBy:
      'lost replies: without the answer to any one call, › tokens are issued, for a code and without one',
    betrays: issues((sound) => ({
      commit: ({ take, ...change }, at) =>
        sound.commit(
          take === undefined ? change : { ...change, take: { ...take, attempt: randomUUID() } },
          at,
        ),
    })),
  },
  {
    name: 'nothing is taken from the code',
    caughtBy: `${behaviour} › takes what it is not told from the code`,
    betrays: (sound) => ({
      issue: async (issuance) => {
        const grant = issuance.code === undefined ? null : await sound.codes.peek(issuance.code);
        return sound.issue({ ...issuance, grant_id: issuance.grant_id ?? grant?.grant_id });
      },
    }),
  },
  {
    name: 'the grant of an issuance without a code is not the one that is told',
    caughtBy: `${behaviour} › works for grants without a user, a code or a refresh token`,
    betrays: (sound) => ({
      issue: async (issuance) => {
        const issued = await sound.issue(issuance);
        const told =
          issued.status === 'issued' && issuance.grant_id === undefined && issuance.code === undefined;
        return told ? { ...issued, grant_id: randomUUID() } : issued;
      },
    }),
  },
  {
    name: 'a refresh token ends with its access token',
    caughtBy: `${behaviour} › lets a refresh token outlive its access tokens`,
    betrays: (sound) => ({
      issue: (issuance) => {
        const { accessToken, refreshToken } = issuance ?? {};
        if (accessToken === undefined || refreshToken === undefined) return sound.issue(issuance);
        const expires_at = accessToken.expires_at ?? new Date(1_700_000_000_000 + 30 * 24 * 3_600_000);
        return sound.issue({ ...issuance, refreshToken: { expires_at, ...refreshToken } });
      },
    }),
  },
  {
    name: 'a life is counted in seconds',
    caughtBy: `${behaviour} › gives each token the life that it says, to the millisecond`,
    betrays: issues((sound) => ({
      commit: commitWith(sound, (put) =>
        altered(put, ({ expires_at: end, ...record }) => ({
          ...record,
          expires_at: typeof end === 'string' ? end.replace(/\.\d+/, '') : end,
        })),
      ),
    })),
  },
  {
    name: 'an end that has passed is taken for none',
    caughtBy: `${behaviour} › stores nothing that has ended already`,
    betrays: (sound) => ({
      accessTokens: {
        store: (token) => {
          const ended = token.expires_at != null && Number(new Date(token.expires_at)) <= 1_700_000_000_000;
          return sound.accessTokens.store(ended ? { ...token, expires_at: undefined } : token);
        },
      },
    }),
  },
];
