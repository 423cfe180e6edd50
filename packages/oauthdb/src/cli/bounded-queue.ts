/** Items that come when they come, for a reader who takes them when he can; a few are held, and no more. */
export class BoundedQueue<T> implements AsyncIterable<T> {
  readonly #most: number;
  readonly #held: T[] = [];
  #isEnded = false;
  #missed = 0;
  #wake = (): void => {};

  constructor(most: number) {
    this.#most = most;
  }

  /** How many came while too many were held. */
  get missed(): number {
    return this.#missed;
  }

  push(item: T): void {
    if (this.#isEnded) return;
    if (this.#held.length >= this.#most) this.#missed++;
    else this.#held.push(item);
    this.#wake();
  }

  /** No more are coming. */
  end(): void {
    this.#isEnded = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (;;) {
      yield* this.#held.splice(0);
      if (this.#held.length > 0) continue;
      if (this.#isEnded) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
