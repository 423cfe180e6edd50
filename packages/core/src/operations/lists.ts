import type { Page, TagName } from '../driver.ts';
import { refsOf } from '../grants/listing.ts';
import type { Ref } from '../grants/record-reader.ts';
import { Pages } from '../pages.ts';
import { ahead } from '../ahead.ts';
import type { Stores } from './stores.ts';

/** The lists on which what was issued is found again. */
export interface ListStats {
  readonly lists: number;
  readonly members: number;
  /** How many of the members name what is not there any more. They are harmless, and take space. */
  readonly dangling: number;
}

/** How many members are looked at in one go, whosever lists they are on. */
const PIECE = 500;

/** How many lists are asked for at once. */
const TOGETHER = 64;

/** A member of a list, and what it names. */
export interface Member {
  readonly list: TagName;
  readonly name: string;
  /** Where what it names may be: a refresh token, and the memory of its rotation. */
  readonly keys: readonly string[];
}

/** @param onProgress - told how many members have been looked at so far. */
export async function countLists(
  stores: Stores,
  operation: string,
  onProgress: (members: number) => void,
): Promise<ListStats> {
  const count = { lists: 0, members: 0 };
  let dangling = 0;
  for await (const members of danglingMembers(stores, operation, count)) {
    dangling += members.length;
    onProgress(count.members);
  }
  return { ...count, dangling };
}

/** The members that name what is not there, piece by piece; `count` grows by everything that was looked at. */
export async function* danglingMembers(
  stores: Stores,
  operation: string,
  count: { lists: number; members: number },
): AsyncGenerator<Member[], void, undefined> {
  let piece: Member[] = [];
  for await (const { list, names } of ahead(pagesOfLists(stores, operation))) {
    if (names === null) count.lists++;
    count.members += names?.length ?? 0;
    for (const name of names ?? []) {
      const [ref] = refsOf(list, [name]);
      if (ref !== undefined) piece.push({ list, name, keys: keysOf(stores, ref) });
    }
    if (piece.length < PIECE) continue;
    yield await withoutEntry(stores, operation, piece);
    piece = [];
  }
  if (piece.length > 0) yield await withoutEntry(stores, operation, piece);
}

/** A part of a list; before the first one, `null`. */
interface ListPage {
  readonly list: TagName;
  readonly names: readonly string[] | null;
}

/** The members of all lists. Most lists are short, so that many are asked for at once. */
async function* pagesOfLists(stores: Stores, operation: string): AsyncGenerator<ListPage, void, undefined> {
  const pages = new Pages(stores.driver, stores.calls);
  const page = (tag: TagName, after: string | undefined): Promise<Page> =>
    pages.page(operation, { tag }, after, PIECE);
  for await (const lists of ahead(namesOf(stores, operation))) {
    for (let i = 0; i < lists.length; i += TOGETHER) {
      const some = lists.slice(i, i + TOGETHER);
      const first = await Promise.all(some.map((list) => page(list, undefined)));
      for (const [j, list] of some.entries()) {
        yield { list, names: null };
        for (let at = first[j]; at !== undefined;) {
          yield { list, names: at.items };
          at = at.next === null ? undefined : await page(list, at.next);
        }
      }
    }
  }
}

function keysOf({ records }: Stores, ref: Ref): string[] {
  const key = records.keyOf(ref);
  return records.isShared && ref.kind === 'refresh'
    ? [key, records.keyOf({ ...ref, isRotated: true })]
    : [key];
}

async function withoutEntry(
  { driver, calls }: Stores,
  operation: string,
  members: readonly Member[],
): Promise<Member[]> {
  const keys = members.flatMap((member) => member.keys);
  const lives = await calls.run(operation, 'read', (at) => driver.timeLeft(keys, at));
  const there = new Set(keys.filter((_, i) => lives[i] !== null));
  return members.filter((member) => !member.keys.some((key) => there.has(key)));
}

/** The names of all lists, page by page. */
async function* namesOf(
  { driver, calls, issuedPrefix, records }: Stores,
  operation: string,
): AsyncGenerator<TagName[], void, undefined> {
  const page = (after: string | undefined) =>
    calls.run(operation, 'read', (at) =>
      driver.lists === undefined
        ? driver.list({ prefix: issuedPrefix }, { after, limit: PIECE }, at)
        : driver.lists(issuedPrefix, { after, limit: PIECE }, at),
    );
  for (let after: string | undefined; ;) {
    const { items, next } = await page(after);
    yield [...new Set(items)].map((name) => records.keys.listOf(name)).filter((list) => list !== null);
    if (next === null) return;
    after = next;
  }
}
