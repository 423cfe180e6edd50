import { monotonicNow, startTimer, stopTimer } from '@oauthdb/core';

/** Nobody is told later than this: so one timer, which goes off no more often, does for all, however many wait. */
const LATE_MS = 10;

interface Waiter {
  readonly deadline: number;
  resolve(): void;
  reject(reason: unknown): void;
}

/** Those who wait for one thing, each until a deadline of its own. */
export class Waiting {
  readonly #inVain: () => unknown;
  #waiters = new Set<Waiter>();
  #timer: NodeJS.Timeout | undefined;
  /** When the timer goes off. */
  #at = Infinity;

  /** @param inVain - why whoever has waited until its deadline did so in vain. */
  constructor(inVain: () => unknown) {
    this.#inVain = inVain;
  }

  /** Fulfilled by {@link resolve}. */
  wait(deadline: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiters.add({ deadline, resolve, reject });
      if (deadline < this.#at) this.#arm(deadline);
    });
  }

  /** Lets everybody go on, in the order in which they came. */
  resolve(): void {
    for (const waiter of this.#leave()) waiter.resolve();
  }

  /** Sends everybody away. */
  reject(reason: unknown): void {
    for (const waiter of this.#leave()) waiter.reject(reason);
  }

  #leave(): Iterable<Waiter> {
    const waiters = this.#waiters;
    this.#waiters = new Set();
    this.#disarm();
    return waiters;
  }

  #expire(): void {
    this.#disarm();
    const now = monotonicNow();
    let next = Infinity;
    for (const waiter of this.#waiters) {
      if (waiter.deadline > now) {
        next = Math.min(next, waiter.deadline);
      } else {
        this.#waiters.delete(waiter);
        waiter.reject(this.#inVain());
      }
    }
    if (next < Infinity) this.#arm(Math.max(next, now + LATE_MS));
  }

  #arm(at: number): void {
    this.#disarm();
    this.#at = at;
    // Node.js prints a warning about a time that is over.
    this.#timer = startTimer(() => this.#expire(), Math.max(1, at - monotonicNow()));
  }

  #disarm(): void {
    stopTimer(this.#timer);
    this.#timer = undefined;
    this.#at = Infinity;
  }
}
