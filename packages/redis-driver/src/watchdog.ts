import { startTimer, stopTimer } from '@oauthdb/core';

/**
 * Notices that answers are due and none comes.
 *
 * Whoever waits for an answer says so, and says when it has come. There is one timer, however many wait, and it starts anew once
 * in a period only: a command costs two additions.
 */
export class Watchdog {
  readonly #silenceMs: number;
  readonly #bark: () => void;
  #due = 0;
  #answers = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param bark - called when answers were due for `silenceMs`, and for twice as long at the most, and none has come. */
  constructor(silenceMs: number, bark: () => void) {
    this.#silenceMs = silenceMs;
    this.#bark = bark;
  }

  waiting(): void {
    this.#due++;
    if (this.#timer === undefined) this.#watch();
  }

  answered(): void {
    this.#due--;
    this.#answers++;
  }

  stop(): void {
    stopTimer(this.#timer);
    this.#timer = undefined;
  }

  #watch(): void {
    const before = this.#answers;
    this.#timer = startTimer(() => {
      this.#timer = undefined;
      if (this.#due === 0) return;
      // Those who are waiting now were waiting at the beginning of this period, for nobody has got an answer in it.
      if (this.#answers === before) this.#bark();
      this.#watch();
    }, this.#silenceMs);
    this.#timer.unref();
  }
}
