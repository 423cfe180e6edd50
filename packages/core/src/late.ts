import type { Moment } from './driver.ts';
import { OAuthDatabaseError } from './error.ts';
import { monotonicNow } from './timing.ts';

/** Throws `OAUTHDB_TIMEOUT` if nobody waits for this call any more: a driver asks right before it changes anything. */
export function refuseLate({ deadline }: Moment): void {
  if (monotonicNow() > deadline) throw lateError();
}

/** What a driver throws when a change came after its deadline and was not made. */
export function lateError(): OAuthDatabaseError {
  return new OAuthDatabaseError('OAUTHDB_TIMEOUT', 'the deadline was over before the change could be made', {
    outcome: 'not_executed',
  });
}
