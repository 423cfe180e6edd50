import type { TagName, Where } from '../driver.ts';
import { parseMember, type Kind } from './keys.ts';
import { isOwnedBy, mayName, names, type OwnerLists } from './owner.ts';
import type { Found, Ref, Wanted } from './record-reader.ts';
import type { RecordStore } from './record-store.ts';

/** What of an owner's is wanted. */
export interface Listing {
  readonly owner: OwnerLists;
  readonly kind: Kind;
  readonly wanted?: (record: Record<string, unknown>) => boolean;
}

/** One page of a listing. */
export interface RecordPage<T> {
  readonly items: readonly T[];
  /** What to pass as `after` for the next page; `null` after the last one. */
  readonly next: string | null;
}

/** Where a page begins: `next` of the page before. */
export interface PageOptions {
  readonly after?: string | undefined;
}

/** The live records of a list, page by page as they are read, so that never all of them are held. */
export async function* listed<T>(
  records: RecordStore,
  operation: string,
  listing: Listing,
): AsyncGenerator<T, void, undefined> {
  for await (const items of records.pages(operation, placeOf(records, listing))) {
    yield* await readItems<T>(records, operation, listing, items);
  }
}

export async function listedPage<T>(
  records: RecordStore,
  operation: string,
  listing: Listing,
  { after }: PageOptions = {},
): Promise<RecordPage<T>> {
  const { items, next } = await records.page(operation, placeOf(records, listing), after);
  return { items: await readItems<T>(records, operation, listing, items), next };
}

/** What the members of a list name. The list of a user's access tokens holds the ids as they are. */
export function refsOf(tag: TagName, members: readonly string[]): Ref[] {
  if (tag.shared === true) return members.map((id) => ({ kind: 'token', id }));
  return members.map(parseMember).filter((ref) => ref !== null);
}

/** Another program's records are on no list of ours: all of the kind are looked through. A session is always ours. */
function isScanned({ isShared }: RecordStore, { kind }: Listing): boolean {
  return isShared && kind !== 'session';
}

function placeOf(records: RecordStore, listing: Listing): Where {
  if (isScanned(records, listing)) return { prefix: records.keys.prefixOf(listing.kind) };
  return { tag: listOf(listing) };
}

/** The live records of a page: of the keys, or of the members of a list. */
async function readItems<T>(
  records: RecordStore,
  operation: string,
  listing: Listing,
  items: readonly string[],
): Promise<T[]> {
  if (!isScanned(records, listing)) return readMembers<T>(records, operation, listing, items);
  const { owner, kind, wanted = () => true } = listing;
  const meant: Wanted = {
    mayBe: (text) => mayName(owner, text),
    is: (record) => names(owner, record) && wanted(record),
  };
  return (await records.readKeys(operation, kind, [...new Set(items)], meant)) as T[];
}

function listOf({ owner, kind }: Listing): TagName {
  return kind === 'token' ? owner.tokens : owner.others;
}

async function readMembers<T>(
  records: RecordStore,
  operation: string,
  listing: Listing,
  members: readonly string[],
): Promise<T[]> {
  const { owner, kind, wanted = () => true } = listing;
  const refs = refsOf(listOf(listing), [...new Set(members)]).filter((ref) => ref.kind === kind);
  const found = (await records.read(operation, refs)).filter(
    (one): one is Found => one !== null && isOwnedBy(owner, one.record) && wanted(one.record),
  );
  return found.map(({ record }) => record as T);
}
