import { Deadlines, type Waiting } from './deadlines.ts';
import type { Moment } from './driver.ts';
import { isOAuthDatabaseError, OAuthDatabaseError } from './error.ts';
import type { ResolvedOptions } from './options.ts';
import { monotonicNow, startTimer, stopTimer } from './timing.ts';

/**
 * What a call does to the database, and so when it may be repeated: a `read` changes nothing, an `idempotent` write changes
 * nothing more the second time, a `single` one must not run twice unless it is certain that it has not run.
 */
export type Effect = 'read' | 'idempotent' | 'single';

/** @param repeated - whether an earlier run of this call may have taken effect. */
export type Work<T> = (at: Moment, repeated: boolean) => Promise<T>;

/** After its deadline a call waits so long for an answer that is on its way, or for a driver to say what was the matter. */
const GRACE_MS = 100;

const startTurn = setImmediate;

/** How long `close` waits for the calls under way, and then for the driver. */
const CLOSE_MS = 450;

/** Every call to a driver goes through here: it settles in time, is repeated where that is harmless, and is refused after close. */
export class Calls {
  readonly #options: ResolvedOptions;
  readonly #deadlines = new Deadlines();
  #inFlight = 0;
  #closed: Promise<void> | undefined;
  #drained: (() => void) | undefined;

  constructor(options: ResolvedOptions) {
    this.#options = options;
  }

  /**
   * Runs `work` against the driver.
   *
   * It throws `OAUTHDB_TIMEOUT` once `commandTimeout` is over, `OAUTHDB_OVERLOADED` when too many calls are under way,
   * `OAUTHDB_CLOSED` after {@link close}, and what the driver throws, each with the name of the operation.
   */
  run<T>(operation: string, effect: Effect, work: Work<T>): Promise<T> {
    const { commandTimeout, maxCallsInFlight } = this.#options;
    if (this.#closed !== undefined) return refused(closedError(operation));
    if (this.#inFlight >= maxCallsInFlight) {
      const message = `${maxCallsInFlight} calls are under way already`;
      return refused(
        new OAuthDatabaseError('OAUTHDB_OVERLOADED', message, { operation, outcome: 'not_executed' }),
      );
    }
    this.#inFlight++;
    const deadline = monotonicNow() + commandTimeout;
    return new Promise<T>((resolve, reject) => {
      let settled = false;
      // Whether a run of this call may still take effect, or have done so.
      let uncertain = false;
      const settle = (): boolean => {
        if (settled) return false;
        settled = true;
        this.#deadlines.delete(waiting);
        this.#inFlight--;
        if (this.#inFlight === 0) this.#drained?.();
        return true;
      };
      const waiting: Waiting = {
        deadline: deadline + GRACE_MS,
        expire: () => {
          const outcome = effect !== 'read' && uncertain ? 'unknown' : 'not_executed';
          const error =
            this.#closed === undefined
              ? new OAuthDatabaseError('OAUTHDB_TIMEOUT', `no answer within ${commandTimeout} ms`, {
                  operation,
                  outcome,
                })
              : closedError(operation, outcome);
          if (settle()) reject(error);
        },
      };
      this.#deadlines.add(waiting);

      const attempt = (number: number): void => {
        if (settled) return;
        const repeated = uncertain;
        uncertain = true;
        started(() => work({ now: this.#options.now(), deadline }, repeated)).then(
          (value) => {
            if (settle()) resolve(value);
          },
          (thrown: unknown) => {
            const error = asDriverError(thrown);
            uncertain = repeated || error.outcome === 'unknown';
            const delay = this.#delayBeforeRepeat(error, effect, uncertain, number, deadline);
            if (delay !== null && !settled) startTimer(attempt, delay, number + 1);
            else if (settle()) reject(withOperation(error, operation, effect !== 'read' && uncertain));
          },
        );
      };
      attempt(1);
    });
  }

  /** Refuses new calls, waits a little for those under way, then runs `release`; never longer than a second. Once. */
  close(release: () => Promise<void>): Promise<void> {
    this.#closed ??= this.#close(release);
    return this.#closed;
  }

  async #close(release: () => Promise<void>): Promise<void> {
    if (this.#inFlight > 0) await within(CLOSE_MS, new Promise<void>((resolve) => (this.#drained = resolve)));
    this.#deadlines.expireAll();
    await within(CLOSE_MS, release());
  }

  /** Milliseconds until this call is worth another run; `null` when it is not. */
  #delayBeforeRepeat(
    error: OAuthDatabaseError,
    effect: Effect,
    uncertain: boolean,
    number: number,
    deadline: number,
  ): number | null {
    const { maxRetriesPerRequest, retryDelayOnFailover } = this.#options;
    const passing =
      error.retryable && error.code !== 'OAUTHDB_TIMEOUT' && error.code !== 'OAUTHDB_NOT_REPLICATED';
    const harmless = effect !== 'single' || !uncertain;
    const inTime = monotonicNow() + retryDelayOnFailover < deadline;
    return passing && harmless && inTime && number <= maxRetriesPerRequest ? retryDelayOnFailover : null;
  }
}

/** A driver that throws instead of rejecting is treated alike. */
function started<T>(work: () => Promise<T>): Promise<T> {
  try {
    return work();
  } catch (error) {
    return Promise.reject(error);
  }
}

/** In a turn of its own: who calls again and again without a pause must not keep those under way from settling. */
function refused(error: OAuthDatabaseError): Promise<never> {
  return new Promise((_, reject) => startTurn(reject, error));
}

function closedError(
  operation: string,
  outcome: 'not_executed' | 'unknown' = 'not_executed',
): OAuthDatabaseError {
  return new OAuthDatabaseError('OAUTHDB_CLOSED', 'the database is closed', { operation, outcome });
}

function asDriverError(thrown: unknown): OAuthDatabaseError {
  if (isOAuthDatabaseError(thrown)) return thrown;
  // A driver translates what its client throws. What it missed may hold anything, so that nothing of it is shown.
  return new OAuthDatabaseError('OAUTHDB_UNAVAILABLE', 'the backend failed in an unexpected way', {
    outcome: 'unknown',
    cause: thrown,
  });
}

function withOperation(error: OAuthDatabaseError, operation: string, uncertain: boolean): OAuthDatabaseError {
  const { code, message, cause } = error;
  return new OAuthDatabaseError(code, message, {
    operation,
    outcome: uncertain ? 'unknown' : 'not_executed',
    cause,
  });
}

/** Waits for `work`, but not longer than `ms`. */
async function within(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([work, new Promise<void>((resolve) => (timer = startTimer(resolve, ms)))]);
  stopTimer(timer);
}
