import { monotonicNow, startTimer, stopTimer } from './timing.ts';

export interface Waiting {
  /** By {@link monotonicNow}. */
  readonly deadline: number;
  expire(): void;
}

/**
 * Calls `expire` of whatever is still waiting at its deadline, with one timer for all.
 *
 * Every deadline that is added must not be earlier than the ones before: then the oldest is the next to expire, and a call costs
 * an insertion and a deletion instead of a timer.
 */
export class Deadlines {
  readonly #waiting = new Set<Waiting>();
  #timer: NodeJS.Timeout | undefined;

  add(waiting: Waiting): void {
    this.#waiting.add(waiting);
    if (this.#timer === undefined) this.#arm(waiting.deadline);
    // While somebody waits, the process must live to tell them.
    else if (this.#waiting.size === 1) this.#timer.ref();
  }

  delete(waiting: Waiting): void {
    this.#waiting.delete(waiting);
    if (this.#waiting.size === 0) this.#timer?.unref();
  }

  /** Expires everything that waits, whatever its deadline. */
  expireAll(): void {
    stopTimer(this.#timer);
    this.#timer = undefined;
    for (const waiting of this.#waiting) {
      this.#waiting.delete(waiting);
      waiting.expire();
    }
  }

  #arm(deadline: number): void {
    this.#timer = startTimer(() => this.#expire(), Math.max(1, Math.ceil(deadline - monotonicNow())));
  }

  #expire(): void {
    this.#timer = undefined;
    for (const waiting of this.#waiting) {
      if (waiting.deadline > monotonicNow()) {
        this.#arm(waiting.deadline);
        return;
      }
      this.#waiting.delete(waiting);
      waiting.expire();
    }
  }
}
