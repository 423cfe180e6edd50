import type { LeftOut } from '../left-out.ts';
import type { Content } from './found.ts';

export type Members = Readonly<Record<string, unknown>>;

/** What a program has written as JSON: the object, or why there is none. */
export async function objectOf(
  what: string,
  text: string,
  parse: (text: string) => unknown = JSON.parse,
): Promise<{ readonly members: Members } | LeftOut> {
  let value: unknown;
  try {
    value = await parse(text);
  } catch {
    return { what, why: 'not_json' };
  }
  return isObject(value) ? { members: value } : { what, why: 'not_a_record' };
}

/** The same of what was found, if that is a string. */
export async function objectIn(
  what: string,
  content: Content,
  parse: (text: string) => unknown,
): Promise<{ readonly members: Members } | LeftOut> {
  return content.type === 'string' ? objectOf(what, content.text, parse) : { what, why: 'other_type' };
}

export function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The members of a record that are the database's to say. */
const RESERVED = ['expires_at', 'handle'] as const;

/** What a record may hold of an application's own members, and word of the others. */
export function unreserved(
  what: string,
  members: Members,
): { readonly record: Record<string, unknown>; readonly lost: readonly LeftOut[] } {
  const lost = RESERVED.filter((member) => members[member] !== undefined);
  const record = Object.fromEntries(
    Object.entries(members).filter(([member]) => !(RESERVED as readonly string[]).includes(member)),
  );
  return { record, lost: lost.map((member) => ({ what: `${what}.${member}`, why: 'no_place' })) };
}

/** ISO 8601; `null` for never, and for what no `Date` can express. */
export function isoOf(at: number | null): string | null {
  return at === null || !(Math.abs(at) <= 8.64e15) ? null : new Date(at).toISOString();
}
