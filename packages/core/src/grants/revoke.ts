import type { Delete, TagName } from '../driver.ts';
import { afterPart } from '../partly.ts';
import { refsOf } from './listing.ts';
import { isOwnedBy, listsOf, mayName, names, type GrantOwner, type OwnerLists } from './owner.ts';
import { markRevoked } from './revocation-mark.ts';
import { RevocationMemory } from './revocation-memory.ts';
import { member, type Kind } from './keys.ts';
import type { Ref } from './record-reader.ts';
import type { RecordStore } from './record-store.ts';

/** What a revocation removed. */
export interface Revoked {
  readonly accessTokens: number;
  readonly refreshTokens: number;
  readonly codes: number;
  readonly sessions: number;
}

/** What is to be removed. */
interface Removed extends Delete {
  readonly kind: Kind;
  /** `null` where it cannot be read. */
  readonly record: Record<string, unknown> | null;
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
 * pass finds nothing alive. What is issued from nothing is stopped by a mark, see {@link markRevoked}, and what somebody has a copy
 * of by a memory.
 */
export async function revoke(records: RecordStore, operation: string, owner: GrantOwner): Promise<Revoked> {
  const lists = listsOf(records.keys, owner);
  const memory = new RevocationMemory(records, operation, lists);
  await markRevoked(records, operation, lists, memory);
  return afterPart(operation, () => removeAll({ records, operation, lists, memory }));
}

/** A revocation that is under way. */
interface Revoking {
  readonly records: RecordStore;
  readonly operation: string;
  readonly lists: OwnerLists;
  readonly memory: RevocationMemory;
}

async function removeAll(revoking: Revoking): Promise<Revoked> {
  const { records, lists } = revoking;
  const count: Count = { accessTokens: 0, refreshTokens: 0, codes: 0, sessions: 0 };
  const tags = lists.tokens === lists.others ? [lists.tokens] : [lists.others, lists.tokens];
  // A code that is redeemed between being listed and being read is gone by then, and what it brought is on the list only now.
  for (let found = true, passes = 0; found || passes < 2; passes++) {
    const again = found;
    found = false;
    for (const tag of tags) if (await removeListed(revoking, tag, count)) found = true;
    // What another program made of it meanwhile is found by one more pass.
    if (records.isShared && again) {
      if (await removeUnlisted(revoking, count)) found = true;
    }
  }
  return count;
}

/** One pass over everything that is issued, for what another program has put on no list: whether anything of the owner's was there. */
async function removeUnlisted(revoking: Revoking, count: Count): Promise<boolean> {
  const { records, operation, lists } = revoking;
  let found = false;
  for await (const keys of records.pages(operation, { prefix: records.keys.prefix })) {
    const refs = [...new Set(keys)].map((key) => records.keys.refOf(key)).filter((ref) => ref !== null);
    const issued = refs.filter(({ kind }) => kind === 'token' || kind === 'refresh' || kind === 'code');
    const read = await readEntries(records, operation, issued, (text) => mayName(lists, text));
    const alive = read.flatMap(({ kind, id, key, record }): Removed[] => {
      if (record === null || !names(lists, record)) return [];
      return [{ key, kind, tags: records.tagsOf(kind, id, record), record }];
    });
    if (await remove(revoking, alive, count)) found = true;
  }
  return found;
}

/** One pass over a list: whether anything on it was alive. */
async function removeListed(revoking: Revoking, tag: TagName, count: Count): Promise<boolean> {
  const { records, operation, lists } = revoking;
  let found = false;
  for await (const members of records.pages(operation, { tag })) {
    const alive = await readAlive(records, operation, lists, tag, [...new Set(members)]);
    if (await remove(revoking, alive, count)) found = true;
  }
  return found;
}

/** Removes what there is: whether there was anything. */
async function remove(
  { records, operation, memory }: Revoking,
  alive: readonly Removed[],
  count: Count,
): Promise<boolean> {
  if (alive.length === 0) return false;
  const puts = await memory.puttingFor(alive);
  const deletes = alive.map(({ key, tags = [] }) => ({ key, tags }));
  await records.commit(operation, 'idempotent', () => ({ deletes, puts }));
  for (const { kind, record } of alive) {
    const counted = countedAs[kind];
    if (counted !== undefined && record?.['rotated_at'] === undefined) count[counted]++;
  }
  return true;
}

/** What is there of the owner's, expired or readable or not: all of it goes, also off the list on which it was found. */
export async function readAlive(
  records: RecordStore,
  operation: string,
  lists: OwnerLists,
  tag: TagName,
  members: readonly string[],
): Promise<(Removed & { readonly version: string })[]> {
  const refs = refsOf(tag, members);
  const read = await readEntries(records, operation, records.isShared ? refs.flatMap(withMemory) : refs);
  return read.flatMap(({ kind, id, key, record, version }) => {
    if (record !== null && !isOwnedBy(lists, record)) return [];
    const found = { ...tag, member: tag.shared === true ? id : member(kind, id) };
    const others =
      record === null ? [] : records.tagsOf(kind, id, record).filter(({ name }) => name !== tag.name);
    return [{ key, kind, tags: [found, ...others], record, version }];
  });
}

/** A refresh token, and the memory of its rotation. */
function withMemory(ref: Ref): Ref[] {
  return ref.kind === 'refresh' ? [ref, { ...ref, isRotated: true }] : [ref];
}

/** What is kept there, `record` being `null` where it cannot be read. */
async function readEntries(
  records: RecordStore,
  operation: string,
  refs: readonly Ref[],
  mayBe: (text: string) => boolean = () => true,
): Promise<(Ref & Pick<Removed, 'key' | 'record'> & { readonly version: string })[]> {
  if (refs.length === 0) return [];
  const keys = refs.map((ref) => records.keyOf(ref));
  const entries = await records.calls.run(operation, 'read', (at) => records.driver.read(keys, at));
  return refs.flatMap((ref, i) => {
    const [key, entry] = [keys[i], entries[i]];
    if (key === undefined || entry === undefined || entry === null || !mayBe(entry.value)) return [];
    const record = records.decodeIfReadable(ref.kind, key, entry.value);
    return [{ ...ref, key, record, version: entry.version }];
  });
}
