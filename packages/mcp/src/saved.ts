import { OAuthDatabaseError } from '@oauthdb/core';

/** What the server said, and when: what it says of time counts from then. */
export interface Saved<T> {
  /** ISO 8601. */
  readonly saved_at: string;
  readonly value: T;
}

/** @throws OAuthDatabaseError `OAUTHDB_CORRUPT` */
export function parse<T>(text: string | null): Saved<T> | undefined {
  if (text === null) return undefined;
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
