import { randomUUID } from 'node:crypto';
import { monotonicNow } from '../timing.ts';
import { parseRecord } from './codec.ts';
import type { OwnerLists } from './owner.ts';
import { REMEMBER_MS, type RecordStore } from './record-store.ts';
import type { RevocationMemory } from './revocation-memory.ts';

/** When something began: by the clock, and more exactly for whoever is in the same process. */
export interface Beginning {
  readonly now: number;
  readonly process: string;
  readonly monotonic: number;
}

const process = randomUUID();

export function beginning(now: number): Beginning {
  return { now, process, monotonic: monotonicNow() };
}

/**
 * Marks that everything of an owner is being revoked, for longer than any call takes.
 *
 * A new grant asks for nothing that a revocation could delete, so that one in flight would land after it. It therefore checks, in
 * its own commit, that there is no mark, and where there is one compares which of the two began first.
 *
 * @param memory - is left in the same step; for those who come later.
 */
export async function markRevoked(
  records: RecordStore,
  operation: string,
  { by, id }: OwnerLists,
  memory: RevocationMemory,
): Promise<void> {
  const value = JSON.stringify(beginning(records.now()));
  const key = records.keys.mark(by, id);
  await records.commit(operation, 'idempotent', ({ now }) => ({
    puts: [{ key, value, expiresAt: now + REMEMBER_MS }, memory.put()],
  }));
}

/** Whether the revocation that left this mark began after `call`, so that `call` must not leave anything. */
export function revokedSince(mark: string, call: Beginning): boolean {
  const began = parseRecord(mark) as unknown as Beginning;
  return began.process === call.process ? began.monotonic >= call.monotonic : began.now >= call.now;
}
