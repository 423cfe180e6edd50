import { hiding, isRotated, issues, kindOf, naming, recordOf, revokes } from './grants.ts';
import { commitWith, type Mutant } from './mutant.ts';

const whole =
  'revocation › of a user, a client or a grant takes all of it and nothing else, and says how much';
const schedules = 'schedules: stopped before each step, while a rival runs to its end,';
const meetings = 'meetings: stopped before each step, while a revocation runs to each of its own,';

export const revocation: readonly Mutant[] = [
  {
    name: 'a revocation misses access tokens',
    caughtBy: whole,
    betrays: revokes(hiding((kind) => kind === 'token')),
  },
  {
    name: 'a revocation misses refresh tokens',
    caughtBy: whole,
    betrays: revokes(hiding((kind) => kind === 'refresh')),
  },
  {
    name: 'a revocation misses codes',
    caughtBy: whole,
    betrays: revokes(hiding((kind) => kind === 'code')),
  },
  {
    name: 'a revocation misses sessions',
    caughtBy: whole,
    betrays: revokes(hiding((kind) => kind === 'session')),
  },
  {
    name: 'a revocation leaves what was rotated, which knows the successors',
    caughtBy: whole,
    betrays: revokes(hiding((_kind, record) => 'rotated_at' in record)),
  },
  {
    name: 'a revocation misses what has no user',
    caughtBy: 'issuing › works for grants without a user, a code or a refresh token',
    betrays: revokes(hiding((_kind, record) => record['username'] === undefined)),
  },
  {
    name: 'a revocation counts what was rotated as well',
    caughtBy: whole,
    betrays: (sound, over) => ({
      revoke: async (owner) => {
        let rotated = 0;
        const counting = over((driver) => ({
          read: async (keys, at) => {
            const entries = await driver.read(keys, at);
            rotated += entries.filter((entry) => entry !== null && isRotated(entry)).length;
            return entries;
          },
        }));
        const revoked = await counting.revoke(owner);
        return { ...revoked, refreshTokens: revoked.refreshTokens + rotated };
      },
    }),
  },
  {
    name: 'a user, a client and a grant of one name have one list',
    caughtBy: 'revocation › tells a user, a client and a grant of one name apart',
    betrays: (_sound, over) => {
      const db = over(naming((name) => name.replace(/:(user_grants|client_grants|grant):/, ':grants:')));
      return { issue: (issuance) => db.issue(issuance), revoke: (owner) => db.revoke(owner) };
    },
  },
  {
    name: 'a session is revoked with the client that it remembers',
    caughtBy: 'sessions › are their user’s alone, whichever client and grant they remember',
    breaks: (sound) => ({
      commit: commitWith(sound, (put) => {
        const clientId = kindOf(put.key) === 'session' ? recordOf(put.value)['client_id'] : undefined;
        if (typeof clientId !== 'string') return put;
        const [prefix = '', member = ''] = put.key.split(/(?<=:issued:)/);
        const name = `${prefix}client_grants:${clientId}`;
        return { ...put, tags: [...(put.tags ?? []), { name, member }] };
      }),
    }),
  },
  {
    name: 'a revocation makes one pass',
    caughtBy: `${schedules} › a revocation finds what is rotated under it`,
    betrays: (_sound, over) => ({
      revoke: (owner) => {
        const seen = new Set<string>();
        const once = over((driver) => ({
          list: async (where, page, at) => {
            const name = 'tag' in where ? where.tag.name : '';
            if (seen.has(name)) return { items: [], next: null };
            seen.add(name);
            return driver.list(where, page, at);
          },
        }));
        return once.revoke(owner);
      },
    }),
  },
  {
    name: 'a revocation leaves no mark',
    caughtBy: `${schedules} › an issue without a code brings nothing back that was revoked`,
    betrays: revokes((sound) => ({
      commit: ({ puts = [], ...change }, at) =>
        sound.commit({ ...change, puts: puts.filter(({ key }) => kindOf(key) !== 'revoked') }, at),
    })),
  },
  {
    name: 'a revocation leaves its mark when it is done',
    caughtBy: `${meetings} › an issue without a code brings nothing back`,
    betrays: (_sound, over) => ({
      revoke: async (owner) => {
        let mark: () => Promise<unknown> = async () => {};
        const later = over((driver) => ({
          commit: async (change, at) => {
            const marks = (change.puts ?? []).some(({ key }) => kindOf(key) === 'revoked');
            if (!marks) return driver.commit(change, at);
            mark = () => driver.commit(change, at);
            return { committed: true, deleted: 0 };
          },
        }));
        const revoked = await later.revoke(owner);
        await mark();
        return revoked;
      },
    }),
  },
  {
    name: 'an issue does not look whether its owner was revoked',
    caughtBy: `${schedules} › an issue without a code brings nothing back that was revoked`,
    betrays: issues((sound) => ({
      commit: ({ checks: _unchecked, ...change }, at) => sound.commit(change, at),
    })),
  },
  {
    name: 'whoever was revoked can be issued nothing for a while',
    caughtBy: 'revocation › lets new grants begin at once',
    betrays: revokes((sound) => ({
      commit: commitWith(sound, (put) =>
        kindOf(put.key) === 'revoked'
          ? { ...put, value: put.value.replace(/"(now|monotonic)":[\d.]+/g, '"$1":1e300') }
          : put,
      ),
    })),
  },
  {
    name: 'to revoke one refresh token revokes its grant',
    caughtBy: 'revocation › of one token leaves the others of its grant',
    betrays: (sound) => ({
      refreshTokens: {
        revoke: async (token) => {
          const grantId = (await sound.refreshTokens.get(token))?.grant_id;
          if (grantId === undefined) return false;
          return (await sound.revoke({ grantId })).refreshTokens > 0;
        },
      },
    }),
  },
  {
    name: 'to revoke an access token says that it was there, whether it was or not',
    caughtBy: 'issuing › stores one token by itself as well',
    betrays: (sound) => ({
      accessTokens: { revoke: async (jti) => (await sound.accessTokens.revoke(jti)) || true },
    }),
  },
  {
    name: 'a revocation stops at what it cannot read',
    caughtBy: 'revocation › takes what cannot be read as well',
    betrays: revokes((sound) => ({
      read: async (keys, at) => {
        const entries = await sound.read(keys, at);
        for (const entry of entries) if (entry !== null) recordOf(entry.value);
        return entries;
      },
    })),
  },
  {
    name: 'a revocation that fails looks like one that found nothing',
    caughtBy: 'failures: no answer hides one, › whatever is asked while the backend cannot be reached',
    betrays: (sound) => ({
      revoke: (owner) =>
        sound.revoke(owner).catch(() => ({ accessTokens: 0, refreshTokens: 0, codes: 0, sessions: 0 })),
    }),
  },
];
