import { OAuthDatabaseError } from '../error.ts';

/** A member of a record and its value, by which a stored record is recognised without being read. */
export type Binding = readonly [member: string, value: string];

/** How records become what is stored, and come back. */
export interface Codec {
  /** Writes a record that is kept under `key`; the members that `bound` names come first, in its order. */
  encode(key: string, record: object, bound?: readonly string[]): string;
  /** @throws OAuthDatabaseError `OAUTHDB_CORRUPT`, `OAUTHDB_UNDECRYPTABLE`, `OAUTHDB_INTEGRITY`. */
  decode(key: string, value: string): Record<string, unknown>;
  /** What a value that {@link encode} wrote contains if the first of its bound members are these. */
  containing(key: string, bindings: readonly Binding[]): string;
}

/** Records as JSON, readable by whoever reads the database. */
export const jsonCodec: Codec = {
  encode(_key, record, bound = []) {
    const first = Object.fromEntries(
      bound.map((member) => [member, (record as Record<string, unknown>)[member]]),
    );
    return JSON.stringify({ ...first, ...record });
  },
  decode(_key, value) {
    return parseRecord(value);
  },
  containing(_key, bindings) {
    // A quote inside a string is escaped, so that only a member can look like this.
    return JSON.stringify(Object.fromEntries(bindings)).slice(0, -1);
  },
};

export function parseRecord(value: string): Record<string, unknown> {
  let record: unknown;
  try {
    record = JSON.parse(value);
  } catch {
    // What JSON.parse says shows a part of the value.
  }
  if (typeof record === 'object' && record !== null && !Array.isArray(record))
    return record as Record<string, unknown>;
  throw new OAuthDatabaseError('OAUTHDB_CORRUPT', 'what is stored is not a JSON object', {
    outcome: 'not_executed',
  });
}
