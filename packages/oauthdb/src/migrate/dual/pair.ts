import { isDeepStrictEqual } from 'node:util';
import { isOAuthDatabaseError, OAuthDatabaseError, type OAuthDatabase } from '@oauthdb/core';

/** The database that decides, and the one that follows it. */
export interface Pair {
  readonly old: OAuthDatabase;
  readonly next: OAuthDatabase;
}

/** One entry, in both. */
export interface Mirrored<T> {
  /** What the one that decides has. */
  readonly read: () => Promise<T | null>;
  /** Puts it into the one that follows. */
  readonly put: (found: T) => Promise<unknown>;
  /** Removes it there. */
  readonly remove: () => Promise<unknown>;
  /** Whether two states are one. Default: they say the same. */
  readonly isSame?: (one: T, other: T) => boolean;
}

/** How often an entry is looked at again because somebody changed it meanwhile. */
const TRIES = 100;

/**
 * Brings an entry to where it is in the one that decides, and looks again: of two that change it at once, whoever comes last sees
 * what the other has done. What of the state it was put in is returned.
 */
export async function mirror<T>({
  read,
  put,
  remove,
  isSame = isDeepStrictEqual,
}: Mirrored<T>): Promise<unknown> {
  let before = await following(read);
  for (let tries = 0; ; tries++) {
    const state = before;
    const done = await following(() => (state === null ? remove() : put(state)));
    const after = await following(read);
    if (before === null || after === null ? before === after : isSame(before, after)) return done;
    if (tries === TRIES)
      throw new OAuthDatabaseError('OAUTHDB_UNAVAILABLE', 'others kept changing the record', {
        outcome: 'unknown',
      });
    before = after;
  }
}

/**
 * What is done in the one that follows when the other has changed already: whatever fails now, it is not certain that nothing was
 * done.
 */
export async function following<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isOAuthDatabaseError(error)) throw error;
    const { code, operation, message, cause } = error;
    const said = operation === undefined ? message : message.replace(`${operation}: `, '');
    throw new OAuthDatabaseError(code, said, { operation, outcome: 'unknown', cause });
  }
}

/** How one of several callers deletes an entry of both. */
export interface Deletion {
  /** Whether the one that decides has it. */
  readonly isOld: () => Promise<boolean>;
  readonly next: () => Promise<boolean>;
  readonly old: () => Promise<boolean>;
}

/**
 * Deletes an entry: whether it was there. It goes from the one that follows first, so that nobody finds it there after it has gone
 * from the one that decides who has deleted it.
 */
export async function deleteBoth({ isOld, next, old }: Deletion): Promise<boolean> {
  const wasOld = await isOld();
  const [there, decided] = [await next(), await following(old)];
  return decided || (there && !wasOld);
}

/** A copy: who changes the original meanwhile changes nothing. What cannot be copied is for others to refuse. */
export function copyOf<T>(given: T): T {
  try {
    return structuredClone(given);
  } catch {
    return given;
  }
}

/** What the one that follows has, or else the other: what was not copied yet. */
export async function either<T>(
  { old, next }: Pair,
  read: (db: OAuthDatabase) => Promise<T | null>,
): Promise<T | null> {
  return (await read(next)) ?? (await read(old));
}

/** What both have, each once by its name. */
export async function* union<T>(
  { old, next }: Pair,
  list: (db: OAuthDatabase) => AsyncIterable<T>,
  nameOf: (item: T) => string,
): AsyncGenerator<T, void, undefined> {
  const names = new Set<string>();
  for (const db of [next, old]) {
    for await (const item of list(db)) {
      const name = nameOf(item);
      if (names.has(name)) continue;
      names.add(name);
      yield item;
    }
  }
}

interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

/** The pages of the one that follows, and then of the other what the first has not. */
export async function unionPage<T>(
  { old, next }: Pair,
  after: string | undefined,
  page: (db: OAuthDatabase, after: { after?: string }) => Promise<Page<T>>,
  has: (item: T) => Promise<boolean>,
): Promise<Page<T>> {
  const [, which = 'next', cursor] = /^(next|old):(.*)$/s.exec(after ?? '') ?? [];
  const from = cursor === undefined || cursor === '' ? {} : { after: cursor };
  const found = await page(which === 'old' ? old : next, from);
  if (which === 'next')
    return { items: found.items, next: found.next === null ? 'old:' : `next:${found.next}` };
  const known = await Promise.all(found.items.map(has));
  const items = found.items.filter((_, i) => known[i] === false);
  return { items, next: found.next === null ? null : `old:${found.next}` };
}

/** The greater of each count: what was removed in both was there once. */
export function most<T extends { readonly [name in keyof T]: number }>(one: T, other: T): T {
  const names = Object.keys(one) as (keyof T)[];
  return Object.fromEntries(names.map((name) => [name, Math.max(one[name], other[name])])) as T;
}
