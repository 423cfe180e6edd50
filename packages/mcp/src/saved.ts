import { OAuthDatabaseError } from '@oauthdb/core';

/** What the server said, and when: what it says of time counts from then. */
export interface Saved<T> {
  /** ISO 8601. */
  readonly saved_at: string;
  readonly value: T;
}

/** @param now - epoch milliseconds. */
export function format(value: unknown, now: number): string {
  return JSON.stringify({ saved_at: new Date(now).toISOString(), value } satisfies Saved<unknown>);
}

/** @throws OAuthDatabaseError `OAUTHDB_CORRUPT` */
export function parse<T>(text: string): Saved<T> {
  let saved: unknown;
  try {
    saved = JSON.parse(text);
  } catch {
    // What JSON.parse says shows a part of the text.
  }
  if (typeof saved === 'object' && saved !== null && 'saved_at' in saved && 'value' in saved)
    return saved as Saved<T>;
  throw new OAuthDatabaseError('OAUTHDB_CORRUPT', 'what is stored is not what an MCP client saved', {
    outcome: 'not_executed',
  });
}

/** Milliseconds. */
export function ageOf({ saved_at: savedAt }: Saved<unknown>, now: number): number {
  return Math.max(0, now - Date.parse(savedAt));
}
