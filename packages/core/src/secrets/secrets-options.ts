import { createSecretKey, type KeyObject } from 'node:crypto';
import { isUint8Array } from 'node:util/types';
import { kindOf } from '../input.ts';
import { KeyRing, type NamedKey } from './key-ring.ts';

/** A key that encrypts, and the name by which what it has sealed refers to it. */
export interface SecretKey {
  /** 1 to 32 letters, digits, `_` and `-`. Shows in the database and in errors; never name another key the same. */
  readonly id: string;
  /** 32 random bytes, or the base64 or base64url form of them. */
  readonly key: Uint8Array | string;
}

/**
 * How secrets are kept where they are stored.
 *
 * With `keys`, every value is sealed by AES-256-GCM and bound to the key under which it is stored: one that is changed, or copied to
 * another place, is `OAUTHDB_INTEGRITY`, and one whose key is missing `OAUTHDB_UNDECRYPTABLE`, never "not found". Names stay
 * readable: client ids, usernames, grant ids, `jti`s and the keys of the tokens you hold, and so do expiries and lengths.
 *
 * What was stored before there were keys stays readable, until {@link OAuthDatabase.reencrypt} or the next write seals it. Who can
 * write to the database can therefore still put something there that is not sealed.
 *
 * To change keys without losing a read: (1) add the new key behind the others, in every process; (2) then put it first, in every
 * process; (3) call `reencrypt()` until it rewrites nothing; (4) remove the old key once the last code and the last state that was
 * used before have expired, for that they were used is remembered as they were stored. The first key of all must be given to all
 * processes at once: one that has none cannot read what the others seal.
 * A key is good for 2^32 writes (NIST SP 800-38D section 8.3).
 *
 * @example
 * // Made once, by: openssl rand -base64 32
 * const key = readFileSync('/run/secrets/oauth-key', 'utf8').trim();
 * const db = new MemoryOAuthDatabase({ secrets: { keys: [{ id: '2026-01', key }] } });
 */
export interface SecretsOptions {
  /** The first one writes, all of them read. Left out, values are stored as they are. */
  readonly keys?: readonly SecretKey[] | undefined;
  /**
   * At least 16 bytes, or a text of as many, that make the handles of states, codes, refresh tokens and session ids: an HMAC-SHA-256
   * instead of a SHA-256, so that nobody without it can try a guess against a copy of the database. Not to be changed: what was
   * stored under another one, or without one, is not found any more.
   */
  readonly pepper?: string | Uint8Array | undefined;
}

export interface ResolvedSecrets {
  readonly keyRing: KeyRing;
  readonly pepper: KeyObject | undefined;
}

/** Throws a `TypeError` that names what is wrong and shows nothing of it. */
export function resolveSecrets(secrets: SecretsOptions = {}): ResolvedSecrets {
  const given: unknown = secrets;
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new TypeError(`secrets must be an object, received ${kindOf(given)}`);
  const unknown = Object.keys(given).find((name) => name !== 'keys' && name !== 'pepper');
  if (unknown !== undefined) throw new TypeError('secrets has an unknown member; known are keys, pepper');
  const { keys, pepper } = secrets;
  return {
    keyRing: new KeyRing(keys === undefined ? [] : checkKeys(keys)),
    pepper: pepper === undefined ? undefined : createSecretKey(checkPepper(pepper)),
  };
}

function checkKeys(keys: unknown): NamedKey[] {
  if (!Array.isArray(keys)) throw new TypeError(`secrets.keys must be an array, received ${kindOf(keys)}`);
  // Most likely a key that was not found where it was looked for: nothing would be encrypted.
  if (keys.length === 0)
    throw new TypeError('secrets.keys must not be empty: leave it out to store in clear');
  const ids = new Set<string>();
  return keys.map((one: unknown, i) => {
    const name = `secrets.keys[${i}]`;
    if (typeof one !== 'object' || one === null)
      throw new TypeError(`${name} must be an object, received ${kindOf(one)}`);
    const { id, key } = one as Partial<SecretKey>;
    if (typeof id !== 'string' || !/^[\w-]{1,32}$/.test(id))
      throw new TypeError(`${name}.id must be 1 to 32 letters, digits, _ and -`);
    if (ids.has(id)) throw new TypeError(`${name}.id must not be that of another key`);
    ids.add(id);
    return { id, key: createSecretKey(checkKeyBytes(key, `${name}.key`)) };
  });
}

function checkKeyBytes(key: unknown, name: string): Uint8Array {
  const bytes = typeof key === 'string' && /^[\w+/-]*={0,2}$/.test(key) ? Buffer.from(key, 'base64') : key;
  if (isUint8Array(bytes) && bytes.byteLength === 32) return bytes;
  const received = isUint8Array(bytes) ? `${bytes.byteLength} bytes` : kindOf(key);
  throw new TypeError(`${name} must be 32 bytes, or base64 of 32 bytes, received ${received}`);
}

function checkPepper(pepper: unknown): Uint8Array {
  if (typeof pepper === 'string' && !pepper.isWellFormed())
    throw new TypeError('secrets.pepper must be well-formed Unicode, received a lone surrogate');
  const bytes = typeof pepper === 'string' ? Buffer.from(pepper, 'utf8') : pepper;
  if (!isUint8Array(bytes))
    throw new TypeError(`secrets.pepper must be a string or bytes, received ${kindOf(pepper)}`);
  if (bytes.byteLength < 16)
    throw new TypeError(`secrets.pepper must be at least 16 bytes, received ${bytes.byteLength}`);
  return bytes;
}
