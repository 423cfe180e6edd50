import { isDeepStrictEqual } from 'node:util';
import { storedTime } from '../grants/stored-time.ts';

/** What becomes of an entry that is there already. */
export type ImportMode =
  /** The newer of the two stays. */
  | 'merge'
  /** What is there stays. */
  | 'skip'
  /** What comes takes its place. */
  | 'replace';

/** One of two entries under the same key. */
export interface Version {
  readonly record: Record<string, unknown>;
  /** Epoch milliseconds; `null`: never. */
  readonly endsAt: number | null;
}

/** Backends with a clock of their own say when something ends to within the time of a call. */
const EXACT_MS = 1000;

/**
 * Whether what comes takes the place of what is there (`take`) or not (`kept`), or must not in any mode (`refused`): a refresh token
 * that was rotated here would be valid again, beside its successor.
 */
export function verdict(mode: ImportMode, there: Version, comes: Version): 'take' | 'kept' | 'refused' {
  const [endedThere, endedHere] = [isEnded(there), isEnded(comes)];
  if (endedThere && !endedHere) return 'refused';
  if (mode !== 'merge') return mode === 'skip' ? 'kept' : 'take';
  if (endedHere && !endedThere) return 'take';
  const [before, after] = [stampOf(there.record), stampOf(comes.record)];
  if (before !== after) return after > before ? 'take' : 'kept';
  // Of the same age: the one that was prolonged. None that never ends takes the place of one that does.
  const isLater = comes.endsAt !== null && there.endsAt !== null && comes.endsAt > there.endsAt + EXACT_MS;
  return isLater ? 'take' : 'kept';
}

/** Whether two entries say the same, and end when the other does. */
export function isSame(there: Version, comes: Version): boolean {
  const [one, other] = [there.endsAt, comes.endsAt];
  const endsAlike = one === null || other === null ? one === other : Math.abs(one - other) <= EXACT_MS;
  return endsAlike && isDeepStrictEqual(withoutEnd(there.record), withoutEnd(comes.record));
}

/** Where the source's backend says the end, a record repeats it, and no more exactly. */
function withoutEnd(record: Record<string, unknown>): Record<string, unknown> {
  return { ...record, expires_at: undefined };
}

function isEnded({ record }: Version): boolean {
  return record['rotated_at'] !== undefined;
}

const stamps = ['rotated_at', 'updated_at', 'issued_at', 'created_at', 'client_id_issued_at'];

/** When a record was last changed, as far as it says so; epoch milliseconds. */
function stampOf(record: Record<string, unknown>): number {
  return Math.max(0, ...stamps.map((stamp) => storedTime(record[stamp]) || 0));
}
