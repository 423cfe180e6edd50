import { forEver, naming, reading, unrotated } from './grants.ts';
import type { BrokenDatabase, Mutant } from './mutant.ts';

const behaviour = 'lists of what was issued';

/** A database that lists under other names, and takes what it finds there for the owner’s. */
const listing =
  (rename: (name: string) => string): BrokenDatabase['betrays'] =>
  (_sound, over) => {
    const db = over(naming(rename));
    return {
      issue: (issuance) => db.issue(issuance),
      accessTokens: { list: (owner) => db.accessTokens.list(owner) },
    };
  };

export const lists: readonly Mutant[] = [
  {
    name: 'names that begin alike are one user’s',
    caughtBy: `${behaviour} › keep names of any form apart`,
    betrays: listing((name) => name.replace(/(user_\w+:.{6}).*/s, '$1')),
  },
  {
    name: 'names are compared without regard to case',
    caughtBy: `${behaviour} › keep names of any form apart`,
    betrays: listing((name) => name.toLowerCase()),
  },
  {
    name: 'percent signs in a name are taken for what stands for braces',
    caughtBy: `${behaviour} › keep names of any form apart`,
    betrays: listing((name) => name.replaceAll('%25', '%')),
  },
  {
    name: 'a list shows what has expired',
    caughtBy: `${behaviour} › leave out what has expired`,
    betrays: (_sound, over) => ({
      accessTokens: {
        list: (owner) =>
          over((driver) => ({
            ...reading('token', forEver)(driver),
            list: (where, page, at) => driver.list(where, page, { ...at, now: 0 }),
          })).accessTokens.list(owner),
      },
    }),
  },
  {
    name: 'a list shows what was rotated',
    caughtBy:
      'rotation of refresh tokens › gives a successor that stands for the same grant, and ends the old token',
    betrays: (_sound, over) => ({
      refreshTokens: { list: (owner) => over(reading('refresh', unrotated)).refreshTokens.list(owner) },
    }),
  },
  {
    name: 'a page shows what was rotated',
    caughtBy: `${behaviour} › of every kind come in pages as well`,
    betrays: (_sound, over) => ({
      refreshTokens: {
        listPage: (owner, page) => over(reading('refresh', unrotated)).refreshTokens.listPage(owner, page),
      },
    }),
  },
  {
    name: 'a list ends after its first page',
    caughtBy: `${behaviour} › come in pages or as a stream, none missing, none of others`,
    betrays: (_sound, over) => ({
      accessTokens: {
        list: (owner) =>
          over((driver) => ({
            list: async (where, page, at) => {
              const { items } = await driver.list(where, page, at);
              return { items: items.slice(0, page.limit), next: null };
            },
          })).accessTokens.list(owner),
      },
    }),
  },
  {
    name: 'a user’s clients are all clients',
    caughtBy: `${behaviour} › tell which clients a user has granted something to`,
    betrays: (sound) => ({ clients: { list: () => sound.clients.list() } }),
  },
  {
    name: 'a user’s clients are those with a refresh token',
    caughtBy: `${behaviour} › tell which clients a user has granted something to`,
    betrays: (_sound, over) => ({
      clients: {
        list: (owner) =>
          over((driver) => ({
            list: async (where, page, at) =>
              'tag' in where && where.tag.shared === true
                ? { items: [], next: null }
                : driver.list(where, page, at),
          })).clients.list(owner),
      },
    }),
  },
];
