import type { Change, Driver } from '@oauthdb/core';
import { kindOf, recordOf, revokes } from './grants.ts';
import type { BrokenDatabase, Mutant, Over } from './mutant.ts';

type Breaks = Parameters<Over>[0];

const importing = 'importing what was revoked ›';
const beside = 'an import beside a revocation ›';

const imports =
  (breaks: Breaks): BrokenDatabase['betrays'] =>
  (_sound, over) => ({ import: (records, asked) => over(breaks).import(records, asked) });

/** A driver whose memories of revocations are others; `null`: none. */
const remembering =
  (alter: (memory: Memory) => Partial<Memory> | null): Breaks =>
  (sound) => ({
    commit: ({ puts = [], ...change }, at) => {
      const altered = puts.flatMap((put) => {
        if (kindOf(put.key) !== 'revocation') return [put];
        const memory = { ...(recordOf(put.value) as { at: number }), expiresAt: put.expiresAt };
        const next = alter(memory);
        if (next === null) return [];
        const { expiresAt, ...value } = { ...memory, ...next };
        return [{ ...put, value: JSON.stringify(value), expiresAt }];
      });
      return sound.commit({ ...change, puts: altered }, at);
    },
  });

interface Memory {
  readonly at: number;
  readonly expiresAt: number | null;
}

/** A driver that shows the memories of revocations the first time, the second time, and so on, as `shows` says. */
const showing =
  (shows: (time: number) => boolean): Breaks =>
  (sound) => {
    let time = 0;
    const isMemories = (where: Parameters<Driver['list']>[0]): boolean =>
      'tag' in where && where.tag.name.endsWith(':revocations');
    return {
      list: async (where, page, at) =>
        isMemories(where) && !shows(time++) ? { items: [], next: null } : sound.list(where, page, at),
    };
  };

/** A driver that remembers no deletion of one kind. */
const forgetting =
  (kind: string): Breaks =>
  (sound) => ({
    commit: ({ deletes = [], ...change }: Change, at) =>
      sound.commit(
        {
          ...change,
          deletes: deletes.map((one) => (kindOf(one.key) === kind ? { ...one, remembered: false } : one)),
        },
        at,
      ),
  });

/** A database that revokes and deletes one by one over a broken driver. */
const deletes =
  (breaks: Breaks): BrokenDatabase['betrays'] =>
  (_sound, over) => {
    const { accessTokens, refreshTokens, sessions, clients } = over(breaks);
    return {
      accessTokens: { revoke: (jti) => accessTokens.revoke(jti) },
      refreshTokens: { revoke: (token) => refreshTokens.revoke(token) },
      sessions: { delete: (id) => sessions.delete(id) },
      clients: { delete: (id) => clients.delete(id) },
    };
  };

const byItself = `${importing} brings back no token, no session and no registration`;

export const importingRevoked: readonly Mutant[] = [
  {
    name: 'a revocation is remembered for no import',
    caughtBy: `${importing} brings back nothing of a user, a client or a grant`,
    betrays: revokes(remembering(() => null)),
  },
  {
    name: 'an import does not ask what was revoked',
    caughtBy: `${importing} brings back nothing of a user, a client or a grant`,
    betrays: imports(showing(() => false)),
  },
  {
    name: 'an import that is to look asks nobody what was revoked',
    caughtBy: `${importing} brings back nothing of a user, a client or a grant`,
    betrays: (sound, over) => ({
      import: (records, asked) =>
        asked?.dryRun === true
          ? over(showing(() => false)).import(records, asked)
          : sound.import(records, asked),
    }),
  },
  {
    name: 'an import that replaces does not mind what was revoked',
    caughtBy: `${importing} brings back nothing of a user, a client or a grant`,
    betrays: (sound, over) => ({
      import: (records, asked) =>
        asked?.mode === 'replace'
          ? over(showing(() => false)).import(records, asked)
          : sound.import(records, asked),
    }),
  },
  ...['token', 'refresh', 'session', 'client'].map((kind): Mutant => ({
    name: `what was deleted of the kind ${kind} is not remembered`,
    caughtBy: byItself,
    betrays: deletes(forgetting(kind)),
  })),
  {
    name: 'an import takes the memory of a rotation for a token that was revoked',
    caughtBy: `${importing} knows a token as rotated elsewhere that was revoked by itself`,
    betrays: imports((sound) => ({
      commit: ({ checks = [], ...change }, at) => {
        const unused = checks.map((check) => (check.version === null ? { ...check, unused: true } : check));
        return sound.commit({ ...change, checks: unused }, at);
      },
    })),
  },
  {
    name: 'whoever was revoked stays so in every copy',
    caughtBy: `${importing} takes in what was issued since`,
    betrays: revokes(remembering(() => ({ at: 8e15 }))),
  },
  {
    name: 'a revocation counts from its beginning, whatever it took',
    caughtBy: `${importing} refuses what does not say when it was issued, and what says that it was later`,
    betrays: (sound, over) => ({
      revoke: (owner) => {
        let first: number | undefined;
        const breaks = remembering(({ at }) => ({ at: (first ??= at) }));
        return over(breaks).revoke(owner);
      },
      accessTokens: sound.accessTokens,
    }),
  },
  {
    name: 'a revocation is forgotten after a day',
    caughtBy: `${importing} knows a revocation as long as anything that it took would have lived`,
    betrays: (_sound, over) => ({
      revoke: (owner) => {
        let first: number | null | undefined;
        const breaks = remembering(({ expiresAt }) => ({ expiresAt: (first ??= expiresAt) }));
        return over(breaks).revoke(owner);
      },
    }),
  },
  {
    name: 'a revocation is remembered for ever',
    caughtBy: `${importing} knows a revocation as long as anything that it took would have lived`,
    betrays: revokes(remembering(() => ({ expiresAt: null }))),
  },
  {
    name: 'the memories of revocations are among the lists that are counted',
    caughtBy: `${importing} shows nothing of what it goes by`,
    betrays: revokes((sound) => ({
      commit: ({ puts = [], ...change }, at) => {
        const named = puts.map((put) => ({
          ...put,
          tags: (put.tags ?? []).map((tag) => ({
            ...tag,
            name: tag.name.replace(/:revocations$/, ':grant:revocations'),
          })),
        }));
        return sound.commit({ ...change, puts: named }, at);
      },
    })),
  },
  {
    name: 'an import asks what was revoked before it begins, and not when it is done',
    caughtBy: `${beside} leaves nothing of what is revoked meanwhile`,
    betrays: imports(showing((time) => time === 0)),
  },
  {
    name: 'an import counts what it has removed as stored',
    caughtBy: `${beside} leaves nothing of what is revoked meanwhile, and counts it as refused`,
    betrays: (sound) => ({
      import: async (records, asked) => {
        const { stored, refused, ...done } = await sound.import(records, asked);
        return { ...done, stored: stored + refused, refused: 0 };
      },
    }),
  },
  {
    name: 'an import leaves what an earlier one has put there',
    caughtBy: `${beside} leaves nothing of it where it was cut off`,
    betrays: imports((sound) => ({
      commit: (change, at) =>
        change.checks !== undefined && (change.puts ?? []).length === 0
          ? Promise.resolve({ committed: true, deleted: 0 })
          : sound.commit(change, at),
    })),
  },
];
