import type { Driver } from '@oauthdb/core';
import { altered, kindOf, reading, recordOf } from './grants.ts';
import { commitWith, type BrokenDatabase, type Mutant } from './mutant.ts';

type Fields = Record<string, unknown>;
type Breaks = (sound: Driver) => Partial<Driver>;

const form = 'the layout of the gateway';
const stored = 'what the service of the gateway stored';
const grants = 'grants beside the service of the gateway';
const readable = `${form} › is written so that the service can read all of it, whatever was left out`;

/** A driver that stores records of these kinds changed. */
const writing =
  (kinds: readonly string[], alter: (record: Fields) => Fields): Breaks =>
  (sound) => ({
    commit: commitWith(sound, (put) => (kinds.includes(kindOf(put.key) ?? '') ? altered(put, alter) : put)),
  });

/** A driver that lists some keys only. */
const listing =
  (shows: (key: string, prefix: string) => boolean): Breaks =>
  (sound) => ({
    list: async (where, page, at) => {
      const { items, next } = await sound.list(where, page, at);
      return 'tag' in where
        ? { items, next }
        : { items: items.filter((key) => shows(key, where.prefix)), next };
    },
  });

/** A database over a driver that is broken, while the case looks at the store through a sound one. */
const over =
  (breaks: Breaks): BrokenDatabase['betrays'] =>
  (_sound, make) => {
    const db = make(breaks);
    return {
      revoke: (owner) => db.revoke(owner),
      clients: {
        register: (client) => db.clients.register(client),
        get: (id) => db.clients.get(id),
        delete: (id) => db.clients.delete(id),
      },
      accessTokens: { list: (owner) => db.accessTokens.list(owner) },
      refreshTokens: { rotate: (token, next) => db.refreshTokens.rotate(token, next) },
    };
  };

/** A client's key, spelt otherwise. */
const encoded = (key: string): string =>
  kindOf(key) === 'client' ? key.replace(/[%{}]/g, encodeURIComponent) : key;

const known =
  /^(client_.*|sub|user_id|username|email|name|redirect_uris?|state|scope|code_.*|resources|created_at|expires_at|.*_types|registration_access_token|oauthdb)$/;

const mutants: readonly Mutant[] = [
  {
    name: 'arrays of a registration are stored as arrays',
    caughtBy: readable,
    breaks: writing(['client'], ({ redirect_uris: uris, ...record }) => ({
      ...record,
      ...(typeof uris === 'string' ? { redirect_uris: JSON.parse(uris) as unknown } : {}),
    })),
  },
  {
    name: 'what was left out is not stored',
    caughtBy: readable,
    breaks: writing(['refresh', 'code'], ({ username, ...record }) =>
      username === '' ? record : { ...record, username },
    ),
  },
  {
    name: 'times are stored in ISO 8601',
    caughtBy: readable,
    breaks: writing(['token'], (record) => ({
      ...record,
      created_at: new Date(Number(record['created_at']) * 1000).toISOString(),
    })),
  },
  {
    name: 'a token that never ends does not say so',
    caughtBy: readable,
    breaks: writing(['token'], ({ expires_at: at, ...record }) =>
      Number(at) > 1e10 ? record : { ...record, expires_at: at },
    ),
  },
  {
    name: 'a rotated token stands beside the good ones',
    caughtBy: readable,
    breaks: (sound) => ({
      commit: commitWith(sound, (put) => {
        const [, key] = /:rotated:\{(.*)\}$/s.exec(put.key) ?? [];
        return key === undefined ? put : { ...put, key };
      }),
    }),
  },
  {
    name: 'nothing is stored beside what the service has a member for',
    caughtBy: `${form} › gives back what was stored, to the millisecond, in whatever form it stands there`,
    breaks: writing(['client', 'code', 'token', 'refresh'], ({ oauthdb: _note, ...record }) => record),
  },
  {
    name: 'unknown members are lost',
    caughtBy: `${form} › loses nothing that the service wrote: what is read and written back says the same, unknown members included`,
    betrays: (_sound, make) => ({
      accessTokens: {
        store: (token) => {
          const kept = (record: Fields): Fields =>
            Object.fromEntries(Object.entries(record).filter(([member]) => known.test(member)));
          return make(writing(['token'], kept)).accessTokens.store(token);
        },
      },
    }),
  },
  {
    name: 'the key of a refresh token that never ends has no end',
    caughtBy: `${form} › has the lives of the service: of a code a year, unless it is said otherwise`,
    breaks: (sound) => ({
      commit: commitWith(sound, (put) =>
        kindOf(put.key) === 'refresh' && (put.expiresAt ?? 0) > 1e13 ? { ...put, expiresAt: null } : put,
      ),
    }),
  },
  {
    name: 'codes live for a minute',
    caughtBy: `${form} › has the lives of the service: of a code a year, unless it is said otherwise`,
    betrays: (_sound, make) => ({
      codes: {
        store: (code, grant) => make(() => ({}), { lifetimes: { code: 60_000 } }).codes.store(code, grant),
      },
    }),
  },
  {
    name: 'names of clients are encoded in keys',
    caughtBy: `${form} › spells the keys as the service does, whatever stands in them`,
    betrays: over((sound) => ({
      read: (keys, at) => sound.read(keys.map(encoded), at),
      timeLeft: (keys, at) => sound.timeLeft(keys.map(encoded), at),
      commit: commitWith(sound, (put) => ({ ...put, key: encoded(put.key) })),
    })),
  },
  {
    name: 'what does not say when it ends never ends',
    caughtBy: `${stored} › ends when its key does, where it does not say`,
    breaks: (sound) => ({
      timeLeft: async (keys, at) =>
        (await sound.timeLeft(keys, at)).map((left) => (left === null ? null : Infinity)),
    }),
  },
  {
    name: 'a registration ends when it says',
    caughtBy: `${stored} › of a registration counts the key alone, for a change there renews it and leaves what it does not know`,
    breaks: (sound) => ({
      timeLeft: async (keys, at) => {
        const [lefts, entries] = [await sound.timeLeft(keys, at), await sound.read(keys, at)];
        return lefts.map((left, i) => {
          const said =
            kindOf(keys[i] ?? '') === 'client' && recordOf(entries[i]?.value ?? '{}')['expires_at'];
          return typeof said === 'string' ? Date.parse(said) - at.now : left;
        });
      },
    }),
  },
  {
    name: 'a code ends when the request did of which it was made',
    caughtBy: `${stored} › a code that it made of a request stored here is a code, and lives as its key does`,
    breaks: reading('code', ({ oauthdb: note, ...record }) => ({
      ...record,
      ...(note as { has?: Fields } | undefined)?.has,
    })),
  },
  {
    name: 'the empty name is somebody’s',
    caughtBy: `${stored} › may be nobody’s: the empty name, which the service copies from record to record, is no user’s`,
    breaks: reading('refresh', (record) =>
      record['username'] === '' ? { ...record, username: 'nobody' } : record,
    ),
  },
  {
    name: 'what is kept under another key is given for this one’s',
    caughtBy: `${stored} › is never taken for what is kept under another key`,
    breaks: reading('refresh', ({ oauthdb: _note, ...record }) => record),
  },
  {
    name: 'a code of the service is redeemed by whoever comes',
    caughtBy: `${grants} › a code of the service is redeemed by one of fifty, for its client alone`,
    breaks: (sound) => ({
      take: ({ containing: _any, ...take }, at) => sound.take(take, at),
    }),
  },
  {
    name: 'a rotated token stays where the service looks',
    caughtBy: `${grants} › a refresh token of the service rotates once, and is then nowhere that the service looks`,
    breaks: (sound) => ({
      commit: ({ deletes = [], ...change }, at) =>
        sound.commit(
          {
            ...change,
            deletes: (change.puts ?? []).some(({ key }) => kindOf(key) === 'rotated') ? [] : deletes,
          },
          at,
        ),
    }),
  },
  {
    name: 'a token is forgotten when it is rotated',
    caughtBy: `${grants} › a token that comes back to where it was, as from a backup, is still known as rotated`,
    breaks: (sound) => ({
      commit: ({ puts = [], ...change }, at) =>
        sound.commit({ ...change, puts: puts.filter(({ key }) => kindOf(key) !== 'rotated') }, at),
    }),
  },
  {
    name: 'reuse ends what was issued here, and nothing of the service’s',
    caughtBy: `${grants} › reuse of a rotated token ends all that the user has granted to the client, what the service issued included`,
    betrays: over(listing((_key, prefix) => !prefix.endsWith(':issued:'))),
  },
  {
    name: 'reuse ends what has the name of the grant',
    caughtBy: `${grants} › reuse of a token that was issued here ends what the service issued for it, under whatever grant`,
    betrays: over(
      reading('token', (record) => ({
        ...record,
        grant_id: 'oauthdb' in record ? record['grant_id'] : 'another',
      })),
    ),
  },
  {
    name: 'an issue does not look whether the grant that has no name was revoked',
    caughtBy: `${grants} › an issue under no named grant that meets the revocation of it brings nothing back`,
    breaks: (sound) => ({
      commit: ({ checks = [], ...change }, at) =>
        sound.commit(
          { ...change, checks: checks.filter(({ key }) => !key.includes(':grantId:gateway_')) },
          at,
        ),
    }),
  },
  {
    name: 'there is no grace for a token of the service',
    caughtBy: `${grants} › within the grace period a token of the service gets the same answer again`,
    betrays: (_sound, make) => ({
      refreshTokens: {
        rotate: (token, next) => make(() => ({}), { rotation: {} }).refreshTokens.rotate(token, next),
      },
    }),
  },
  {
    name: 'a list shows what is on a list, and nothing else',
    caughtBy: `${grants} › lists show what the service issued and what was issued here, each to its owner, whatever lies around`,
    betrays: over(listing((key) => kindOf(key) !== 'token')),
  },
  {
    name: 'a list of a client’s shows what is another’s',
    caughtBy: `${grants} › lists show what the service issued and what was issued here, each to its owner, whatever lies around`,
    betrays: (_sound, make) => ({
      accessTokens: {
        list: (owner) => {
          const mine = 'clientId' in owner ? { client_id: owner.clientId } : {};
          return make(reading('token', (record) => ({ ...record, ...mine }))).accessTokens.list(owner);
        },
      },
    }),
  },
  {
    name: 'a revocation looks at the lists alone',
    caughtBy: `${grants} › revocation finds what the service put on no list, more than a page of it, and nothing else`,
    betrays: over(listing((_key, prefix) => !prefix.endsWith(':issued:'))),
  },
  {
    name: 'a client is deleted as the service does it: refresh tokens and codes stay',
    caughtBy: `${grants} › a client is deleted with all that the service leaves behind: refresh tokens, codes and the lists`,
    betrays: over(listing((key) => kindOf(key) === 'token')),
  },
  {
    name: 'a registration overwrites what the service registered',
    caughtBy: `${grants} › a client of the service keeps its id, and is changed by two at once without a loss`,
    breaks: (sound) => ({
      commit: ({ checks = [], ...change }, at) =>
        sound.commit({ ...change, checks: checks.filter(({ key }) => kindOf(key) !== 'client') }, at),
    }),
  },
];

/** What is broken where everything is stored as the gateway's service stores it. */
export const gateway: readonly Mutant[] = mutants.map((mutant) => ({ ...mutant, layout: 'gateway' }));
