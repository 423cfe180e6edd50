import type { TagName } from '../driver.ts';
import { refsOf } from '../grants/listing.ts';
import type { Ref } from '../grants/record-reader.ts';
import { Pages } from '../pages.ts';
import { ahead } from './ahead.ts';
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

/** A member of a list, and what it names. */
export interface Member {
  readonly list: TagName;
  readonly name: string;
  /** Where what it names may be: a refresh token, and the memory of its rotation. */
  readonly keys: readonly string[];
}

export async function countLists(stores: Stores, operation: string): Promise<ListStats> {
  const count = { lists: 0, members: 0 };
  let dangling = 0;
  for await (const members of danglingMembers(stores, operation, count)) dangling += members.length;
  return { ...count, dangling };
}

/** The members that name what is not there, piece by piece; `count` grows by everything that was looked at. */
export async function* danglingMembers(
  stores: Stores,
  operation: string,
  count: { lists: number; members: number },
): AsyncGenerator<Member[], void, undefined> {
  let piece: Member[] = [];
  for await (const lists of ahead(namesOf(stores, operation))) {
    for (const list of lists) {
      count.lists++;
      for await (const names of membersOf(stores, operation, list)) {
        count.members += names.length;
        for (const name of names) {
          const [ref] = refsOf(list, [name]);
          if (ref !== undefined) piece.push({ list, name, keys: keysOf(stores, ref) });
        }
        if (piece.length < PIECE) continue;
        yield await withoutEntry(stores, operation, piece);
        piece = [];
      }
    }
  }
  if (piece.length > 0) yield await withoutEntry(stores, operation, piece);
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

function membersOf(
  { driver, calls }: Stores,
  operation: string,
  tag: TagName,
): AsyncGenerator<readonly string[], void, undefined> {
  return new Pages(driver, calls).all(operation, { tag }, PIECE);
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
