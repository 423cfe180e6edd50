import type { Client } from '../grants/records.ts';
import { listsOf } from '../grants/owner.ts';
import { refsOf } from '../grants/listing.ts';
import { endOf, isLive } from '../grants/record-life.ts';
import type { Found } from '../grants/record-reader.ts';
import { isoTime } from '../grants/record-input.ts';
import { integer } from '../integer.ts';
import type { ProgressOptions } from '../progress.ts';
import { exportedKinds } from './exported.ts';
import { danglingMembers, type Member } from './lists.ts';
import type { Stores } from './stores.ts';
import { walk, type Walked } from './walk.ts';

export interface PurgeOptions extends ProgressOptions {
  /** Whether to look only, and say what would be done. Default `false`. */
  readonly dryRun?: boolean | undefined;
  /**
   * Whether to delete registrations, too: those that clients made themselves at least so many milliseconds ago, and under which
   * nothing lives that was issued. Default: none.
   */
  readonly unusedClientsOlderThan?: number | undefined;
}

/** What a clean-up removed. */
export interface Purged {
  /** Entries that had ended and were still there. */
  readonly expired: number;
  /** Members of lists that named what is not there any more. */
  readonly dangling: number;
  /** Registrations that nobody uses. */
  readonly clients: number;
}

const OPERATION = 'purge';

/** How many changes are under way at once. */
const TOGETHER = 100;

/** Clears away what is of no use to anybody. */
export async function purge(
  stores: Stores,
  { dryRun = false, unusedClientsOlderThan: age, onProgress = () => {} }: PurgeOptions,
): Promise<Purged> {
  const oldest = age === undefined ? null : stores.records.now() - integer('unusedClientsOlderThan', age, 0);
  const inUse = oldest === null ? null : await clientsInUse(stores);
  let [examined, expired, dangling, clients] = [0, 0, 0, 0];
  for await (const piece of walk(stores, {
    operation: OPERATION,
    kinds: exportedKinds,
    unreadable: () => {},
  })) {
    onProgress((examined += piece.length));
    const now = stores.records.now();
    const ended = piece.filter(({ endsAt }) => endsAt !== null && endsAt <= now);
    expired += await counted(ended, async (one) => dryRun || deleteWalked(stores, one));
    if (oldest === null) continue;
    const idle = piece.filter(
      (one) => !ended.includes(one) && isOldRegistration(one, oldest) && inUse?.has(one.id) !== true,
    );
    clients += await counted(idle, (one) => purgeClient(stores, one, dryRun));
  }
  // Elsewhere no single step sees that an entry is absent and takes it off a list: what is being stored could end up unlisted.
  if (stores.driver.supports.transactions) {
    const count = { lists: 0, members: 0 };
    for await (const members of danglingMembers(stores, OPERATION, count)) {
      onProgress(examined + count.members);
      dangling += await counted(members, async (one) => dryRun || forget(stores, one));
    }
  }
  return { expired, dangling, clients };
}

function deleteWalked({ records, calls, driver }: Stores, one: Walked): Promise<boolean> {
  const { kind, id, key, version, record } = one;
  const tags = kind === 'held' ? [] : records.tagsOf(kind, id, record);
  const change = { checks: [{ key, version }], deletes: [{ key, tags }] };
  return calls.run(OPERATION, 'idempotent', async (at) => (await driver.commit(change, at)).committed);
}

/** Takes a member off its list, unless what it names is there by now. */
function forget({ calls, driver }: Stores, { list, name, keys }: Member): Promise<boolean> {
  const checks = keys.map((key) => ({ key, version: null }));
  const deletes = [{ key: keys[0] as string, tags: [{ ...list, member: name }] }];
  return calls.run(
    OPERATION,
    'idempotent',
    async (at) => (await driver.commit({ checks, deletes }, at)).committed,
  );
}

/** One that a client made itself ends, or can be managed by the client; what an operator registers for good is neither. */
function isOldRegistration({ kind, record, endsAt }: Walked, oldest: number): boolean {
  if (kind !== 'client') return false;
  if (endsAt === null && typeof record['registration_access_token'] !== 'string') return false;
  return registeredAt(record) <= oldest;
}

/** Epoch milliseconds; never, where it does not say. */
function registeredAt({ created_at: created, client_id_issued_at: issued }: Partial<Client>): number {
  const iso = typeof created === 'string' ? isoTime(created) : Number.NaN;
  if (!Number.isNaN(iso)) return iso;
  const seconds: unknown = issued ?? created;
  return typeof seconds === 'number' ? seconds * 1000 : Infinity;
}

/** Of another program's records, which are on no list, the clients that they were issued to; `null` where all are on lists. */
async function clientsInUse(stores: Stores): Promise<ReadonlySet<unknown> | null> {
  if (!stores.records.isShared) return null;
  const clients = new Set<unknown>();
  const kinds = ['state', 'code', 'token', 'refresh'] as const;
  for await (const piece of walk(stores, { operation: OPERATION, kinds, unreadable: () => {} })) {
    for (const { record } of piece) if (record['rotated_at'] === undefined) clients.add(record['client_id']);
  }
  return clients;
}

/** Deletes a registration unless something lives that was issued to its client; puts it back if something was meanwhile. */
async function purgeClient(stores: Stores, one: Walked, dryRun: boolean): Promise<boolean> {
  if (await isUsed(stores, one.id)) return false;
  if (dryRun) return true;
  const { records } = stores;
  const found: Found = { ...one, kind: 'client' };
  if (!(await records.deleteFound(OPERATION, found, false))) return false;
  if (!(await isUsed(stores, one.id))) return true;
  const put = records.put('client', one.id, one.record, endOf(one.record));
  const checks = [{ key: one.key, version: null }];
  await records.commit(OPERATION, 'idempotent', () => ({ checks, puts: [put] }));
  return false;
}

/** Whether anything lives that was issued to a client: a code, an access token, or a refresh token that was not rotated. */
async function isUsed({ records }: Stores, clientId: string): Promise<boolean> {
  const { others: tag } = listsOf(records.keys, { clientId });
  for await (const members of records.pages(OPERATION, { tag })) {
    const found = await records.read(OPERATION, refsOf(tag, members));
    const now = records.now();
    const live = found.some(
      (one) => one !== null && isLive(one.record, now) && one.record['rotated_at'] === undefined,
    );
    if (live) return true;
  }
  return false;
}

/** How many of `items` it is true of; a hundred at a time. */
async function counted<T>(items: readonly T[], test: (item: T) => Promise<boolean>): Promise<number> {
  let count = 0;
  for (let i = 0; i < items.length; i += TOGETHER) {
    const results = await Promise.all(items.slice(i, i + TOGETHER).map(test));
    count += results.filter(Boolean).length;
  }
  return count;
}
