import { inspect } from 'node:util';
import { isOAuthDatabaseError } from '../../error.ts';
import { monotonicNow, startTimer, startTurn, stopTimer } from '../../timing.ts';
import type { Canaries } from './canaries.ts';

/** How much later than its deadline a call may settle: it waits a little for an answer that is on its way. */
export const SLACK_MS = 250;

/** How a call came out. */
export type Settled<T> = { readonly ms: number } & (
  | { readonly status: 'fulfilled'; readonly value: T }
  | { readonly status: 'rejected'; readonly error: unknown }
  /** Not in time. */
  | { readonly status: 'pending' }
);

/**
 * How `call` comes out within `ms`. A timer of this process decides, not a clock: when the process itself is held up, both the call
 * and the timer are.
 */
export async function settled<T>(call: () => Promise<T>, ms: number): Promise<Settled<T>> {
  const began = monotonicNow();
  const took = (): number => monotonicNow() - began;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Settled<T>>((resolve) => {
    // Whatever was due before has been run by the end of this turn, and in no certain order within it.
    timer = startTimer(() => startTurn(() => resolve({ status: 'pending', ms: took() })), ms);
  });
  const outcome = call().then<Settled<T>, Settled<T>>(
    (value) => ({ status: 'fulfilled', value, ms: took() }),
    (error: unknown) => ({ status: 'rejected', error, ms: took() }),
  );
  const first = await Promise.race([outcome, late]);
  stopTimer(timer);
  return first;
}

/** What is wrong with an error that a caller got; `null` if nothing is. */
export function faultOf(error: unknown, canaries: Canaries): string | null {
  if (!isOAuthDatabaseError(error)) return `is no OAuthDatabaseError but ${nameOf(error)}`;
  const { code, outcome, retryable, operation } = error;
  if (!/^OAUTHDB_[A-Z_]+$/.test(code)) return `has the code ${code}`;
  if (outcome !== 'not_executed' && outcome !== 'unknown') return `has the outcome ${String(outcome)}`;
  if (typeof retryable !== 'boolean') return `does not say whether it is retryable`;
  if (typeof operation !== 'string' || operation === '') return `does not say which operation failed`;
  const shows = canaries.in(shownBy(error));
  return shows.length > 0 ? `shows a secret (${code}): ${shows.join(', ')}` : null;
}

/** What a program prints that prints an error in any usual way. */
function shownBy(error: Error): string {
  const { cause } = error;
  return [
    String(error),
    String(error.stack),
    inspect(error, { depth: 10, showHidden: true }),
    JSON.stringify(error),
    String(cause),
    cause instanceof Error ? String(cause.stack) : '',
    JSON.stringify(cause ?? null),
  ].join('\n');
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}
