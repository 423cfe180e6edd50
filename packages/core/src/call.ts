import { Waiting } from './deadlines.ts';
import type { Moment } from './driver.ts';
import { isOAuthDatabaseError, OAuthDatabaseError } from './error.ts';
import type { ResolvedOptions } from './options.ts';
import { monotonicNow, startTimer } from './timing.ts';

/**
 * What a call does to the database, and so when it may be repeated: a `read` changes nothing, an `idempotent` write changes
 * nothing more the second time, a `single` one must not run twice unless it is certain that it has not run.
 */
export type Effect = 'read' | 'idempotent' | 'single';

/** @param repeated - whether an earlier run of this call may have taken effect. */
export type Work<T> = (at: Moment, repeated: boolean) => Promise<T>;

/** What a call answers, of what its work has given in its last run. */
export type Answer<Given, T> = (given: Given, at: Moment, repeated: boolean) => T;

/** After its deadline a call waits so long for an answer that is on its way, or for a driver to say what was the matter. */
const GRACE_MS = 100;

/** What calls have in common. */
export interface Keeper {
  readonly options: ResolvedOptions;
  readonly isClosed: boolean;
  /** A call has settled. */
  settled(call: Waiting): void;
}

/** One call: its runs, until one of them or its deadline settles it. */
export class Call<Given, T> extends Waiting {
  readonly deadline: number;
  readonly answer: Promise<T>;
  readonly #keeper: Keeper;
  readonly #operation: string;
  readonly #effect: Effect;
  readonly #work: Work<Given>;
  readonly #answer: Answer<Given, T>;
  /** When the caller stops waiting. */
  readonly #end: number;
  /** When the present run was started. */
  #at!: Moment;
  #resolve!: (value: T) => void;
  #reject!: (error: OAuthDatabaseError) => void;
  #settled = false;
  #runs = 0;
  /** Whether an earlier run may have taken effect. */
  #repeated = false;
  /** Whether a run may still take effect, or have done so. */
  #uncertain = false;

  constructor(
    keeper: Keeper,
    operation: string,
    effect: Effect,
    work: Work<Given>,
    answer: Answer<Given, T>,
  ) {
    super();
    this.#keeper = keeper;
    this.#operation = operation;
    this.#effect = effect;
    this.#work = work;
    this.#answer = answer;
    this.#end = monotonicNow() + keeper.options.commandTimeout;
    this.deadline = this.#end + GRACE_MS;
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  run(): void {
    if (this.#settled) return;
    this.#repeated = this.#uncertain;
    this.#uncertain = true;
    this.#runs++;
    this.#started().then(
      (given) => this.#succeeded(given),
      (thrown: unknown) => this.#failed(thrown),
    );
  }

  expire(): void {
    const { isClosed, options } = this.#keeper;
    const operation = this.#operation;
    const outcome = this.#effect !== 'read' && this.#uncertain ? 'unknown' : 'not_executed';
    const error = isClosed
      ? closedError(operation, outcome)
      : new OAuthDatabaseError('OAUTHDB_TIMEOUT', `no answer within ${options.commandTimeout} ms`, {
          operation,
          outcome,
        });
    if (this.#settle()) this.#reject(error);
  }

  /** A driver that throws instead of rejecting is treated alike. */
  #started(): Promise<Given> {
    try {
      this.#at = { now: this.#keeper.options.now(), deadline: this.#end };
      return this.#work(this.#at, this.#repeated);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #succeeded(given: Given): void {
    if (this.#settled) return;
    let value: T;
    try {
      value = this.#answer(given, this.#at, this.#repeated);
    } catch (thrown) {
      this.#failed(thrown);
      return;
    }
    this.#settle();
    this.#resolve(value);
  }

  #failed(thrown: unknown): void {
    const error = asDriverError(thrown);
    this.#uncertain = this.#repeated || error.outcome === 'unknown';
    if (this.#settled) return;
    const delay = this.#delayBeforeRepeat(error);
    if (delay !== null) startTimer(() => this.run(), delay);
    else if (this.#settle())
      this.#reject(withOperation(error, this.#operation, this.#effect !== 'read' && this.#uncertain));
  }

  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    this.#keeper.settled(this);
    return true;
  }

  /** Milliseconds until this call is worth another run; `null` when it is not. */
  #delayBeforeRepeat(error: OAuthDatabaseError): number | null {
    const { maxRetriesPerRequest, retryDelayOnFailover } = this.#keeper.options;
    const passing =
      error.retryable && error.code !== 'OAUTHDB_TIMEOUT' && error.code !== 'OAUTHDB_NOT_REPLICATED';
    const harmless = this.#effect !== 'single' || !this.#uncertain;
    const inTime = monotonicNow() + retryDelayOnFailover < this.#end;
    return passing && harmless && inTime && this.#runs <= maxRetriesPerRequest ? retryDelayOnFailover : null;
  }
}

export function closedError(
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
