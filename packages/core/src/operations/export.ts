import { isoOf } from '../grants/record-input.ts';
import {
  checkKinds,
  durableKinds,
  handleKinds,
  type Exported,
  type ExportedKind,
  type ExportedRecord,
} from './exported.ts';
import type { Stores } from './stores.ts';
import { walk, type Unreadable, type Walked } from './walk.ts';

export interface ExportOptions {
  /** Which kinds. Default: all but `state` and `code`, which are single use. */
  readonly kinds?: readonly ExportedKind[] | undefined;
  /** Called for each entry that cannot be read, which is then left out. Left out, such an entry ends the export. */
  readonly unreadable?: ((one: Unreadable) => void) | undefined;
}

/** Everything that is alive, one by one, in clear. */
export async function* exportAll(
  stores: Stores,
  { kinds = durableKinds, unreadable }: ExportOptions,
): AsyncGenerator<Exported, void, undefined> {
  const wanted = checkKinds(kinds);
  for await (const piece of walk(stores, { operation: 'export', kinds: wanted, unreadable })) {
    const now = stores.records.now();
    for (const one of piece) if (one.endsAt === null || one.endsAt > now) yield exportedOf(stores, one);
  }
}

export function exportedOf({ handles }: Stores, { kind, id, text, record, endsAt }: Walked): Exported {
  // A backend may give lives that no Date can express.
  const expires_at = isoOf(endsAt === null || endsAt > 8.64e15 ? null : endsAt);
  if (kind === 'held') return { kind, key: id, value: text, expires_at };
  const issued: ExportedRecord = { kind, id, expires_at, record };
  return handleKinds.has(kind) ? { ...issued, handles } : issued;
}
