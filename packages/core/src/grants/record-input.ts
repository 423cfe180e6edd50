import { isDate } from 'node:util/types';
import { checkKey, kindOf } from '../input.ts';

/** Room for any registration; far below what a backend or a JSON parser minds. */
const MAX_RECORD_BYTES = 1024 * 1024;

/** A copy of `record` as JSON keeps it: nobody can change what will be stored, and what comes back is what was said. */
export function checkRecord(record: unknown, name: string): Record<string, unknown> {
  if (typeof record !== 'object' || record === null || Array.isArray(record)) {
    throw new TypeError(`${name} must be an object, received ${kindOf(record)}`);
  }
  let json: string;
  try {
    json = JSON.stringify(record) ?? 'null';
  } catch {
    throw new TypeError(`${name} must be made of what JSON can hold`);
  }
  // JSON writes `null` for them, and an expiry of `null` is none.
  const lost = json.includes('null') ? invalidIn(record) : undefined;
  if (lost !== undefined) {
    throw new TypeError(`${name}${lost.path} must be what JSON can hold, received ${lost.what}`);
  }
  if (Buffer.byteLength(json) > MAX_RECORD_BYTES)
    throw new TypeError(`${name} must not be longer than ${MAX_RECORD_BYTES} bytes of JSON`);
  const copy: unknown = JSON.parse(json);
  if (typeof copy !== 'object' || copy === null || Array.isArray(copy)) {
    throw new TypeError(`${name} must be an object, received one that JSON does not keep as one`);
  }
  return copy as Record<string, unknown>;
}

/** The first date or number within `value` that is none, and where. */
function invalidIn(value: unknown): { readonly path: string; readonly what: string } | undefined {
  if (isDate(value)) {
    return Number.isNaN(value.getTime()) ? { path: '', what: 'an invalid Date' } : undefined;
  }
  if (typeof value === 'number') {
    return Number.isFinite(value) ? undefined : { path: '', what: kindOf(value) };
  }
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [member, inner] of Object.entries(value)) {
    const lost = invalidIn(inner);
    if (lost !== undefined) return { ...lost, path: `.${member}${lost.path}` };
  }
  return undefined;
}

/** A member that identifies something: it becomes part of a key. */
export function checkId(record: Record<string, unknown>, member: string, name: string): string {
  return checkKey(record[member], `${name}.${member}`);
}

/** A member that may be left out; `null`, which some systems store for "none", is kept and identifies nothing. */
export function checkOptionalId(record: Record<string, unknown>, member: string, name: string): void {
  if (record[member] !== undefined && record[member] !== null) checkKey(record[member], `${name}.${member}`);
}

/** Epoch milliseconds of `when`, `null` for never; `life` after `now` where it is left out. */
export function expiryOf(when: unknown, life: number | null, now: number, name: string): number | null {
  if (when === undefined) return life === null ? null : now + life;
  if (when === null) return null;
  const at = isDate(when) ? when.getTime() : typeof when === 'string' ? isoTime(when) : undefined;
  if (at === undefined) {
    throw new TypeError(`${name} must be a Date, an ISO 8601 string or null, received ${kindOf(when)}`);
  }
  if (Number.isNaN(at)) throw new TypeError(`${name} must be a valid date`);
  return at;
}

/** Epoch milliseconds of a text that says its time zone; without one it would be a different moment on another machine. */
export function isoTime(text: string): number {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
}

/** What the texts of the last few seconds begin with: most of what is stored at a time says the same ones. */
const seconds = new Map<number, string>();
const SECONDS = 32;

/** As records hold it. */
export function isoOf(at: number | null): string | null {
  if (at === null) return null;
  const time = Math.trunc(at);
  const second = Math.floor(time / 1000);
  let text = seconds.get(second);
  if (text === undefined) {
    text = new Date(second * 1000).toISOString().slice(0, -4);
    if (seconds.size >= SECONDS) seconds.clear();
    seconds.set(second, text);
  }
  return `${text}${String(time - second * 1000).padStart(3, '0')}Z`;
}
