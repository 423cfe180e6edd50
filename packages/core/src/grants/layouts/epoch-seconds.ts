import { isoOf } from '../record-input.ts';
import { storedTime } from '../stored-time.ts';

/** No later time than this is a `Date`. */
const LAST_MS = 8.64e15;

/** Epoch milliseconds of whatever stands for a time, digits in a text included; `null` for anything else. */
export function timeOf(stored: unknown): number | null {
  const given = typeof stored === 'string' && /^\d+(\.\d+)?$/.test(stored) ? Number(stored) : stored;
  const at = storedTime(given);
  return Number.isFinite(at) && Math.abs(at) <= LAST_MS ? at : null;
}

/** A time as records hold it, and what is no time as it is. */
export function asIso(stored: unknown): unknown {
  const at = timeOf(stored);
  return at === null ? stored : isoOf(at);
}

/** A time as the service writes it; `undefined` for what is no time. */
export function asSeconds(said: unknown): number | undefined {
  const at = timeOf(said);
  return at === null ? undefined : Math.floor(at / 1000);
}
