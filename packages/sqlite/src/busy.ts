import { monotonicNow, OAuthDatabaseError, startTimer, type Moment } from '@oauthdb/core';
import { translated } from './errors.ts';

/** Whether `error` says that somebody else holds the database, so that the same step may succeed in a moment. */
export function isBusy(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ('code' in error && typeof error.code === 'string') return /^SQLITE_(BUSY|LOCKED)/.test(error.code);
  // better-sqlite3's own words, where the application iterates over a statement on the client that it lent.
  return error instanceof TypeError && error.message.includes('busy executing a query');
}

/** Milliseconds to wait before the next look at a lock: from 1 up to 25, jittered so that two processes do not keep in step. */
export function backoff(attempt: number): number {
  return Math.min(25, 1.5 ** attempt) * (0.5 + Math.random() / 2);
}

/** What a call gets that the lock was not free for in time. */
export function tooBusy(label: string): OAuthDatabaseError {
  return new OAuthDatabaseError('OAUTHDB_TIMEOUT', `${label} was busy until the deadline`, {
    outcome: 'not_executed',
  });
}

/** Reads as soon as no lock keeps it out, until the deadline; in between, the event loop is free. */
export async function whenFree<T>(label: string, { deadline }: Moment, query: () => T): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return query();
    } catch (error) {
      if (!isBusy(error)) throw translated(error, label, 'work');
    }
    const left = deadline - monotonicNow();
    if (left <= 0) throw tooBusy(label);
    await new Promise<void>((resolve) => startTimer(resolve, Math.min(backoff(attempt), left)));
  }
}
