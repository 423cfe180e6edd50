import { monotonicNow, startTimer, stopTimer } from './timing.ts';

/** What waits for its deadline among others, next to those that began to wait before it and after it. */
export abstract class Waiting {
  /** By {@link monotonicNow}. */
  abstract readonly deadline: number;
  /** @internal */
  waits = false;
  /** @internal */
  earlier: Waiting | null = null;
  /** @internal */
  later: Waiting | null = null;

  abstract expire(): void;
}

/**
 * Calls `expire` of whatever is still waiting at its deadline, with one timer for all.
 *
 * Every deadline that is added must not be earlier than the ones before: then the oldest is the next to expire, and a call costs
 * two assignments instead of a timer.
 */
export class Deadlines {
  #first: Waiting | null = null;
  #last: Waiting | null = null;
  #timer: NodeJS.Timeout | undefined;

  add(waiting: Waiting): void {
    waiting.waits = true;
    waiting.earlier = this.#last;
    if (this.#last === null) this.#first = waiting;
    else this.#last.later = waiting;
    this.#last = waiting;
    if (this.#timer === undefined) this.#arm(waiting.deadline);
    // While somebody waits, the process must live to tell them.
    else if (waiting.earlier === null) this.#timer.ref();
  }

  /** Does nothing for what does not wait any more. */
  delete(waiting: Waiting): void {
    if (!waiting.waits) return;
    const { earlier, later } = waiting;
    if (earlier === null) this.#first = later;
    else earlier.later = later;
    if (later === null) this.#last = earlier;
    else later.earlier = earlier;
    waiting.waits = false;
    waiting.earlier = null;
    waiting.later = null;
    if (this.#first === null) this.#timer?.unref();
  }

  /** Expires everything that waits, whatever its deadline. */
  expireAll(): void {
    stopTimer(this.#timer);
    this.#timer = undefined;
    // Not what is added by those that are told.
    const last = this.#last;
    for (let waiting = this.#first; waiting !== null; waiting = this.#first) {
      this.delete(waiting);
      waiting.expire();
      if (waiting === last) return;
    }
  }

  #arm(deadline: number): void {
    this.#timer = startTimer(() => this.#expire(), Math.max(1, Math.ceil(deadline - monotonicNow())));
  }

  #expire(): void {
    this.#timer = undefined;
    for (let waiting = this.#first; waiting !== null; waiting = this.#first) {
      if (waiting.deadline > monotonicNow()) {
        this.#arm(waiting.deadline);
        return;
      }
      this.delete(waiting);
      waiting.expire();
    }
  }
}
