/** What is checked of every argument, before anything is sent anywhere. Misuse is a `TypeError` that never shows a value. */
import { isDate } from 'node:util/types';

/** 8 KiB: room for a URL with a user in front, and far below what any backend limits. */
const MAX_KEY_BYTES = 8 * 1024;
const MAX_TOKEN_BYTES = 16 * 1024 * 1024;

/** Returns `key` if it can be stored under exactly that name. */
export function checkKey(key: unknown, name = 'key'): string {
  const text = checkText(key, name, MAX_KEY_BYTES);
  if (text === '') throw new TypeError(`${name} must not be empty`);
  return text;
}

export function checkToken(token: unknown, name = 'token'): string {
  return checkText(token, name, MAX_TOKEN_BYTES);
}

/** Epoch milliseconds, or `null` for a token that never expires. */
export function checkExpiresAt(expiresAt: unknown, name = 'expiresAt'): number | null {
  if (expiresAt === undefined) return null;
  if (!isDate(expiresAt))
    throw new TypeError(`${name} must be a Date or left out, received ${kindOf(expiresAt)}`);
  const at = expiresAt.getTime();
  if (Number.isNaN(at)) throw new TypeError(`${name} must be a valid Date, received an invalid one`);
  return at;
}

export function checkArray(items: unknown, name: string): readonly unknown[] {
  if (!Array.isArray(items)) throw new TypeError(`${name} must be an array, received ${kindOf(items)}`);
  return items;
}

/** Says what something is without showing it: it may be a secret. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return isDate(value) ? 'a Date' : 'an object';
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  return value === undefined ? 'undefined' : `a ${typeof value}`;
}

function checkText(text: unknown, name: string, maxBytes: number): string {
  if (typeof text !== 'string') throw new TypeError(`${name} must be a string, received ${kindOf(text)}`);
  // Encoded as UTF-8 every lone surrogate becomes U+FFFD, so that different strings would be one.
  if (!text.isWellFormed())
    throw new TypeError(`${name} must be well-formed Unicode, received a lone surrogate`);
  // A UTF-16 unit takes at most three bytes of UTF-8, so that most strings need no count.
  if (text.length * 3 > maxBytes && Buffer.byteLength(text) > maxBytes) {
    throw new TypeError(
      `${name} must not be longer than ${maxBytes} bytes, received ${Buffer.byteLength(text)}`,
    );
  }
  return text;
}
