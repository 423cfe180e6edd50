import type { Entry } from '@oauthdb/core';
import { notStringsError } from './errors.ts';

/** Begins the version of a hash: a lone surrogate, which nothing does that a server gives as a string. */
const MARK = '\uD800';

/** A hash as the JSON of an object, whose values are all strings; `null` for none. */
export function hashEntry(reply: unknown): Entry | null {
  const fields = flat(reply);
  if (fields.length === 0) return null;
  const members = new Map<string, string>();
  for (let i = 0; i < fields.length; i += 2) members.set(fields[i] as string, fields[i + 1] as string);
  const flattened = [...members].toSorted(([a], [b]) => (a < b ? -1 : 1)).flat();
  return {
    value: JSON.stringify(Object.fromEntries(members)),
    version: MARK + JSON.stringify(flattened),
  };
}

export function isHashVersion(version: string): boolean {
  return version.startsWith(MARK);
}

/** How many fields a version names, and then each and its value: all that the hash must hold to be the same. */
export function fieldsOf(version: string): string[] {
  const fields = JSON.parse(version.slice(MARK.length)) as string[];
  return [String(fields.length / 2), ...fields];
}

/** A client may give a map, or an object, for what the newer protocol calls one. */
function flat(reply: unknown): string[] {
  const pairs =
    reply instanceof Map
      ? [...reply].flat()
      : typeof reply === 'object' && reply !== null && !Array.isArray(reply)
        ? Object.entries(reply).flat()
        : reply;
  if (Array.isArray(pairs) && pairs.every((one): one is string => typeof one === 'string')) return pairs;
  throw notStringsError();
}
