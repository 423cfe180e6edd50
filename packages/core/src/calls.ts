import { Call, closedError, type Answer, type Effect, type Keeper, type Work } from './call.ts';
import { Deadlines } from './deadlines.ts';
import { OAuthDatabaseError } from './error.ts';
import type { ResolvedOptions } from './options.ts';
import { startTimer, startTurn, stopTimer } from './timing.ts';

export type { Effect, Work } from './call.ts';

/** How long `close` waits for the calls under way, and then for the driver. */
const CLOSE_MS = 450;

/** Every call to a driver goes through here: it settles in time, is repeated where that is harmless, and is refused after close. */
export class Calls {
  readonly #keeper: Keeper;
  readonly #deadlines = new Deadlines();
  #inFlight = 0;
  #closed: Promise<void> | undefined;
  #drained: (() => void) | undefined;

  constructor(options: ResolvedOptions) {
    const isClosed = (): boolean => this.#closed !== undefined;
    this.#keeper = {
      options,
      get isClosed() {
        return isClosed();
      },
      settled: (call) => {
        this.#deadlines.delete(call);
        this.#inFlight--;
        if (this.#inFlight === 0) this.#drained?.();
      },
    };
  }

  /**
   * Runs `work` against the driver.
   *
   * It throws `OAUTHDB_TIMEOUT` once `commandTimeout` is over, `OAUTHDB_OVERLOADED` when too many calls are under way,
   * `OAUTHDB_CLOSED` after {@link close}, and what the driver throws, each with the name of the operation.
   *
   * @param answer - makes of what `work` gives what the caller gets; what it throws counts as the driver's.
   */
  run<T>(operation: string, effect: Effect, work: Work<T>): Promise<T>;
  run<Given, T>(operation: string, effect: Effect, work: Work<Given>, answer: Answer<Given, T>): Promise<T>;
  run(
    operation: string,
    effect: Effect,
    work: Work<unknown>,
    answer: Answer<unknown, unknown> = same,
  ): Promise<unknown> {
    const { maxCallsInFlight } = this.#keeper.options;
    if (this.#closed !== undefined) return refused(closedError(operation));
    if (this.#inFlight >= maxCallsInFlight) {
      const message = `${maxCallsInFlight} calls are under way already`;
      return refused(
        new OAuthDatabaseError('OAUTHDB_OVERLOADED', message, { operation, outcome: 'not_executed' }),
      );
    }
    this.#inFlight++;
    const call = new Call(this.#keeper, operation, effect, work, answer);
    this.#deadlines.add(call);
    call.run();
    return call.answer;
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
}

function same(given: unknown): unknown {
  return given;
}

/** In a turn of its own: who calls again and again without a pause must not keep those under way from settling. */
function refused(error: OAuthDatabaseError): Promise<never> {
  return new Promise((_, reject) => startTurn(reject, error));
}

/** Waits for `work`, but not longer than `ms`. */
async function within(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([work, new Promise<void>((resolve) => (timer = startTimer(resolve, ms)))]);
  stopTimer(timer);
}
