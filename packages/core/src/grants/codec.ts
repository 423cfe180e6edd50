import { OAuthDatabaseError } from '../error.ts';
import type { KeyRing } from '../secrets/key-ring.ts';

/** A member of a record and its value, by which a stored record is recognised without being read. */
export type Binding = readonly [member: string, value: string];

/** How records become what is stored, and come back. */
export interface Codec {
  /** Writes a record that is kept under `key`; it can be recognised by the members that `bound` names, in its order. */
  encode(key: string, record: object, bound?: readonly string[]): string;
  /** @throws OAuthDatabaseError `OAUTHDB_CORRUPT`, `OAUTHDB_UNDECRYPTABLE`, `OAUTHDB_INTEGRITY`. */
  decode(key: string, value: string): Record<string, unknown>;
  /** What a value that {@link encode} wrote contains if the first of its bound members are these. */
  containing(key: string, bindings: readonly Binding[]): string;
}

/** Records as JSON, sealed where there are keys, and else readable by whoever reads the database. */
export function recordCodec(keyRing: KeyRing): Codec {
  return {
    encode(key, record, bound = []) {
      const bindings = bindingsOf(record, bound);
      const ordered = bindings.length === 0 ? record : { ...Object.fromEntries(bindings), ...record };
      return keyRing.seal(key, JSON.stringify(ordered), bindings);
    },
    decode(key, value) {
      return parseRecord(keyRing.open(key, value));
    },
    containing(key, bindings) {
      if (keyRing.seals) return keyRing.containing(key, bindings);
      // A quote inside a string is escaped, so that only a member can look like this.
      return JSON.stringify(Object.fromEntries(bindings)).slice(0, -1);
    },
  };
}

/** The bound members that a record has, up to the first one that it has not. */
export function bindingsOf(record: object, bound: readonly string[]): Binding[] {
  const bindings: Binding[] = [];
  for (const member of bound) {
    const value = (record as Record<string, unknown>)[member];
    if (typeof value !== 'string') break;
    bindings.push([member, value]);
  }
  return bindings;
}

/** @throws OAuthDatabaseError `OAUTHDB_CORRUPT` for what is no JSON object. */
export function parseRecord(text: string): Record<string, unknown> {
  let record: unknown;
  try {
    record = JSON.parse(text);
  } catch {
    // What JSON.parse says shows a part of the text.
  }
  if (typeof record === 'object' && record !== null && !Array.isArray(record))
    return record as Record<string, unknown>;
  // It may have been taken, and be gone.
  throw new OAuthDatabaseError('OAUTHDB_CORRUPT', 'what is stored is not a JSON object', {
    outcome: 'unknown',
  });
}
