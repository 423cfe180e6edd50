import type { ProgressOptions } from '../progress.ts';
import { exportedKinds, type ExportedKind } from './exported.ts';
import { countLists, type ListStats } from './lists.ts';
import type { Stores } from './stores.ts';
import { walk, type Walked } from './walk.ts';

/** What there is of one kind. */
export interface KindStats {
  /** How many are alive. */
  readonly count: number;
  /** How many of them stay until somebody deletes them. */
  readonly withoutExpiry: number;
  readonly expiringWithinHour: number;
  /** Those within the hour included. */
  readonly expiringWithinDay: number;
  /** Of their keys and values, as they are stored; what the backend needs around them is not counted. */
  readonly bytes: number;
}

export type Stats = { readonly [kind in ExportedKind]: KindStats } & {
  /** How many of the refresh tokens are rotated ones, kept to recognise their reuse; they are not in `refresh`. */
  readonly rotated: number;
  /** How many entries could not be read. */
  readonly unreadable: number;
  /** `null` where they were not asked for. */
  readonly lists: ListStats | null;
};

export interface StatsOptions extends ProgressOptions {
  /** Whether to look through the lists, too, which takes most of the time. Default `true`. */
  readonly lists?: boolean | undefined;
}

const hour = 3_600_000;

type Mutable<T> = { -readonly [member in keyof T]: T[member] };

/** Counts what is stored, and how long it lives. */
export async function stats(
  stores: Stores,
  { lists = true, onProgress = () => {} }: StatsOptions,
): Promise<Stats> {
  const kinds = Object.fromEntries(exportedKinds.map((kind) => [kind, none()])) as Record<
    ExportedKind,
    Mutable<KindStats>
  >;
  let [examined, rotated, unreadable] = [0, 0, 0];
  const asked = { operation: 'stats', kinds: exportedKinds, unreadable: () => void unreadable++ };
  for await (const piece of walk(stores, asked)) {
    const now = stores.records.now();
    for (const one of piece) {
      if (one.kind === 'refresh' && one.record['rotated_at'] !== undefined) rotated++;
      else count(kinds[one.kind], one, now);
    }
    onProgress((examined += piece.length));
  }
  const listed = (members: number): void => onProgress(examined + members);
  return { ...kinds, rotated, unreadable, lists: lists ? await countLists(stores, 'stats', listed) : null };
}

function none(): Mutable<KindStats> {
  return { count: 0, withoutExpiry: 0, expiringWithinHour: 0, expiringWithinDay: 0, bytes: 0 };
}

function count(kind: Mutable<KindStats>, { key, value, endsAt }: Walked, now: number): void {
  if (endsAt !== null && endsAt <= now) return;
  kind.count++;
  kind.bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
  if (endsAt === null) kind.withoutExpiry++;
  else if (endsAt <= now + hour) kind.expiringWithinHour++;
  if (endsAt !== null && endsAt <= now + 24 * hour) kind.expiringWithinDay++;
}
