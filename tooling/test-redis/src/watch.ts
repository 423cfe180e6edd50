import { inspect } from 'node:util';
import { expect, vi } from 'vitest';

/** What every error of a database has. */
export interface Failure extends Error {
  readonly code: string;
  readonly outcome: string;
  readonly retryable: boolean;
}

/** A call may take its `commandTimeout`, and this much longer on a busy machine. */
const SLACK_MS = 350;

/** How long the calls of these tests may take. */
export const TIMEOUT_MS = 600;

/** None of these may be seen anywhere. */
export const SECRETS = { password: 'pw-7f3a', token: 'token-91bc', key: 'key-44de' };

/**
 * What `work` gives, which it does within so many milliseconds. A timer of this process decides, not a clock: when the process itself
 * is held up, both the work and the timer are.
 */
export async function inTime<T>(work: () => Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    // Whatever was due before has been run by the end of this turn.
    const fail = (): void => reject(new Error(`still under way after ${ms} ms`));
    timer = setTimeout(() => setImmediate(fail), ms);
  });
  try {
    return await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** How `call` fails, or `undefined` where it succeeds; either within so many milliseconds. */
export function settling(call: () => Promise<unknown>, ms: number): Promise<Failure | undefined> {
  const settled = (): Promise<Failure | undefined> =>
    call().then(
      () => undefined,
      (error: unknown) => error as Failure,
    );
  return inTime(settled, ms);
}

/** How `call` fails, which it does in time and without giving a secret away. */
export async function failureOf(call: () => Promise<unknown>, within: number = TIMEOUT_MS): Promise<Failure> {
  const outcome = await settling(call, within + SLACK_MS);
  if (outcome === undefined) throw new Error('it did not fail');
  expect(outcome.name).toBe('OAuthDatabaseError');
  showsNoSecret(outcome);
  return outcome;
}

/** Repeats `call` until it succeeds: whatever was broken is repaired, and nobody restarts anything. */
export async function recovered<T>(call: () => Promise<T>, within = 5000): Promise<T> {
  const end = performance.now() + within;
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (performance.now() > end) throw error;
    }
  }
}

/** Whatever a program may do to show an error, it shows no secret. */
function showsNoSecret(error: Failure): void {
  const shown = [
    error.message,
    error.stack,
    inspect(error, { depth: 10, showHidden: true }),
    JSON.stringify(error),
  ];
  const all = [...shown, String(error.cause), JSON.stringify(error.cause ?? null)].join('\n');
  for (const secret of Object.values(SECRETS)) expect(all).not.toContain(secret);
}

/** Runs `work`, which must print nothing. */
export async function silently(work: () => Promise<void>): Promise<void> {
  const methods = ['debug', 'error', 'info', 'log', 'trace', 'warn'] as const;
  const spies = [
    ...methods.map((method) => vi.spyOn(console, method)),
    vi.spyOn(process, 'emitWarning'),
    vi.spyOn(process.stdout, 'write'),
    vi.spyOn(process.stderr, 'write'),
  ];
  try {
    await work();
    for (const spy of spies) expect(spy).not.toHaveBeenCalled();
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}
