import { contended, TRIES } from '../grants/record-store.ts';
import type { Removed } from './exported.ts';
import { keysOfNamed } from './incoming.ts';
import type { Stores } from './stores.ts';

const OPERATION = 'import';

/** Removes an entry, off its lists, too: whether it was there. */
export async function removeNamed(stores: Stores, named: Removed, dryRun: boolean): Promise<boolean> {
  const removed = await Promise.all(
    keysOfNamed(stores, named).map((key) => removeKey(stores, named, key, dryRun)),
  );
  return removed.includes(true);
}

async function removeKey(stores: Stores, { kind }: Removed, key: string, dryRun: boolean): Promise<boolean> {
  const { records, calls, driver } = stores;
  for (let tries = 0; tries < TRIES; tries++) {
    const [entry] = await calls.run(OPERATION, 'read', (at) => driver.read([key], at));
    if (entry === null || entry === undefined) return tries > 0;
    if (dryRun) return true;
    const record = kind === 'held' ? null : records.decodeIfReadable(kind, key, entry.value);
    const ref = record === null ? null : (records.keys.refOf(key) ?? records.keys.rotatedOf(key));
    const tags = ref === null ? [] : records.tagsOf(ref.kind, ref.id, record ?? {});
    const change = { checks: [{ key, version: entry.version }], deletes: [{ key, tags }] };
    const { committed } = await calls.run(OPERATION, 'idempotent', (at) => driver.commit(change, at));
    if (committed) return true;
  }
  throw contended(OPERATION);
}
