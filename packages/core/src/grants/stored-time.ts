import { isoTime } from './record-input.ts';

/**
 * Epoch milliseconds of a time in a record: ISO 8601, or, as other programs write, epoch seconds, some milliseconds: as seconds, those
 * of today would be many thousand years away. NaN for what is no time.
 */
export function storedTime(value: unknown): number {
  if (typeof value === 'number') return value > 1e11 ? value : value * 1000;
  return typeof value === 'string' ? isoTime(value) : Number.NaN;
}
