import { isoOf, isoTime } from '../record-input.ts';

/** No later time than this is a `Date`. */
const LAST_MS = 8.64e15;

/**
 * Epoch milliseconds of whatever stands for a time: epoch seconds as a number or as digits, milliseconds, which as seconds would be
 * many thousand years away, or ISO 8601; `null` for anything else.
 */
export function timeOf(stored: unknown): number | null {
  const given = typeof stored === 'string' && /^\d+(\.\d+)?$/.test(stored) ? Number(stored) : stored;
  const at = typeof given === 'number' ? (given > 1e11 ? given : given * 1000) : isoOrNaN(given);
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

function isoOrNaN(given: unknown): number {
  return typeof given === 'string' ? isoTime(given) : Number.NaN;
}
