import { altered, isRotated, kindOf, recordOf, rotates, unrotated } from './grants.ts';
import { commitWith, type Mutant } from './mutant.ts';

const behaviour = 'the grace period of a rotation';

type Breaks = Parameters<typeof rotates>[0];

/** What is stored for the grace period. */
interface Grace {
  readonly until: number;
  readonly left: number;
}

/** A driver that sees it changed; `before` is how it was until then. */
const graceWith =
  (alter: (grace: Grace, before: Grace, now: number) => Grace): Breaks =>
  (sound) => ({
    commit: commitWith(sound, async (put, at) => {
      const after = recordOf(put.value)['grace'] as Grace | undefined;
      if (after === undefined) return put;
      const [entry] = await sound.read([put.key], at);
      const before = recordOf(entry?.value ?? '{}')['grace'] as Grace | undefined;
      return altered(put, (record) => ({ ...record, grace: alter(after, before ?? after, at.now) }));
    }),
  });

/** A driver that gives the successor changed, which is read when a rotated token is presented. */
const successorWith =
  (alter: (value: string | null) => string | null): Breaks =>
  (sound) => {
    let presented: string | undefined;
    return {
      read: async (keys, at) => {
        const [key = ''] = keys;
        presented ??= key;
        const entries = await sound.read(keys, at);
        if (key === presented || kindOf(key) !== 'refresh') return entries;
        const value = alter(entries[0]?.value ?? null);
        return [value === null ? null : { value, version: value }];
      },
    };
  };

export const grace: readonly Mutant[] = [
  {
    name: 'a retry within the grace period mints a second successor',
    caughtBy: `${behaviour} › gives fifty at once one and the same successor`,
    betrays: (sound) => ({
      refreshTokens: {
        rotate: async (token, next) => {
          const result = await sound.refreshTokens.rotate(token, next);
          const again = result.status === 'rotated' && result.retried && result.token !== null;
          return again ? sound.refreshTokens.rotate(result.token, next) : result;
        },
      },
    }),
  },
  {
    name: 'retries within the grace period are not counted',
    caughtBy: `${behaviour} › gives the same successor again, as often as allowed`,
    betrays: rotates(graceWith((after, { left }) => ({ ...after, left }))),
  },
  {
    name: 'retries within the grace period are counted without looking who else counts',
    caughtBy: `${behaviour} › answers no more often than allowed, whoever of fifty asks`,
    betrays: rotates((sound) => ({
      commit: ({ checks = [], ...change }, at) => {
        const counting = change.puts?.length === 1 && change.puts.every(isRotated);
        return sound.commit(counting ? change : { ...change, checks }, at);
      },
    })),
  },
  {
    name: 'the grace period never ends',
    caughtBy: `${behaviour} › ends when it is over, however often it was made use of, and once the successor was used`,
    betrays: rotates(graceWith((after) => ({ ...after, until: Number.MAX_SAFE_INTEGER }))),
  },
  {
    name: 'every retry begins the grace period anew',
    caughtBy: `${behaviour} › ends when it is over, however often it was made use of, and once the successor was used`,
    betrays: rotates(graceWith((after, _before, now) => ({ ...after, until: now + 10_000 }))),
  },
  {
    name: 'grace answers although the successor was used',
    caughtBy: `${behaviour} › ends when it is over, however often it was made use of, and once the successor was used`,
    betrays: rotates(
      successorWith((value) => (value === null ? null : JSON.stringify(unrotated(recordOf(value))))),
    ),
  },
  {
    name: 'grace answers although the successor was revoked',
    caughtBy: `${behaviour} › ends when the successor is revoked`,
    betrays: rotates(successorWith((value) => value ?? '{}')),
  },
  {
    name: 'a retry gets the tokens, and not the response',
    caughtBy: `${behaviour} › gives the same successor again, as often as allowed`,
    betrays: (sound) => ({
      refreshTokens: {
        rotate: async (token, next) => {
          const result = await sound.refreshTokens.rotate(token, next);
          return result.status === 'rotated' && result.retried ? { ...result, response: null } : result;
        },
      },
    }),
  },
];
