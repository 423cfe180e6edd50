import type { Delete, TagName } from '../driver.ts';
import { refsOf } from './listing.ts';
import { isOwnedBy, listsOf, type GrantOwner, type OwnerLists } from './owner.ts';
import { markRevoked } from './revocation-mark.ts';
import { member, type Kind } from './keys.ts';
import type { RecordStore } from './record-store.ts';

/** What a revocation removed. */
export interface Revoked {
  readonly accessTokens: number;
  readonly refreshTokens: number;
  readonly codes: number;
  readonly sessions: number;
}

type Count = { -readonly [kind in keyof Revoked]: number };

const countedAs: { readonly [kind in Kind]?: keyof Revoked } = {
  token: 'accessTokens',
  refresh: 'refreshTokens',
  code: 'codes',
  session: 'sessions',
};

/**
 * Removes everything that was issued under an owner, so that nothing in flight can bring it back.
 *
 * What is rotated or redeemed meanwhile is found: a successor is listed before its parent ends, and the lists are read until a
 * pass finds nothing alive. What is issued from nothing is stopped by a mark, see {@link markRevoked}.
 */
export async function revoke(records: RecordStore, operation: string, owner: GrantOwner): Promise<Revoked> {
  const lists = listsOf(records.keys, owner);
  await markRevoked(records, operation, lists);
  const count: Count = { accessTokens: 0, refreshTokens: 0, codes: 0, sessions: 0 };
  const tags = lists.tokens === lists.others ? [lists.tokens] : [lists.others, lists.tokens];
  // A code that is redeemed between being listed and being read is gone by then, and what it brought is on the list only now.
  for (let found = true, passes = 0; found || passes < 2; passes++) {
    found = false;
    for (const tag of tags) if (await removeListed(records, operation, lists, tag, count)) found = true;
  }
  return count;
}

/** One pass over a list: whether anything on it was alive. */
async function removeListed(
  records: RecordStore,
  operation: string,
  lists: OwnerLists,
  tag: TagName,
  count: Count,
): Promise<boolean> {
  let found = false;
  for await (const members of records.pages(operation, { tag })) {
    const alive = await readAlive(records, operation, lists, tag, [...new Set(members)]);
    if (alive.length === 0) continue;
    found = true;
    await records.commit(operation, 'idempotent', () => ({ deletes: alive }));
    for (const { kind, isRotated } of alive) {
      const counted = countedAs[kind];
      if (counted !== undefined && !isRotated) count[counted]++;
    }
  }
  return found;
}

/** What is there of the owner's, expired or readable or not: all of it goes, also off the list on which it was found. */
async function readAlive(
  records: RecordStore,
  operation: string,
  lists: OwnerLists,
  tag: TagName,
  members: readonly string[],
): Promise<(Delete & { readonly kind: Kind; readonly isRotated: boolean })[]> {
  const refs = refsOf(tag, members);
  if (refs.length === 0) return [];
  const keys = refs.map(({ kind, id }) => records.keys.of(kind, id));
  const entries = await records.calls.run(operation, 'read', (at) => records.driver.read(keys, at));
  return refs.flatMap(({ kind, id }, i) => {
    const [key, entry] = [keys[i], entries[i]];
    if (key === undefined || entry === undefined || entry === null) return [];
    const record = records.decodeIfReadable(kind, key, entry.value);
    if (record !== null && !isOwnedBy(lists, record)) return [];
    const found = { ...tag, member: tag.shared === true ? id : member(kind, id) };
    const others =
      record === null ? [] : records.tagsOf(kind, id, record).filter(({ name }) => name !== tag.name);
    return [{ key, kind, tags: [found, ...others], isRotated: record?.['rotated_at'] !== undefined }];
  });
}
