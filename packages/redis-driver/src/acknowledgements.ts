/**
 * Asks a server how many replicas have what was sent to it before.
 *
 * `WAIT` holds up whatever comes behind it on its connection, so that there is never more than one: who asks meanwhile gets the
 * answer to the next one, and all who ask in one turn of the event loop get the same.
 */
export class Acknowledgements {
  readonly #ask: () => Promise<unknown>;
  #next: PromiseWithResolvers<number> | undefined;
  #isAsking = false;

  /** @param ask - sends the command. */
  constructor(ask: () => Promise<unknown>) {
    this.#ask = ask;
  }

  /** How many replicas have all that was sent until the end of this turn. */
  next(): Promise<number> {
    this.#next ??= Promise.withResolvers<number>();
    if (!this.#isAsking) {
      this.#isAsking = true;
      queueMicrotask(() => void this.#askForAll());
    }
    return this.#next.promise;
  }

  async #askForAll(): Promise<void> {
    for (let asked = this.#take(); asked !== undefined; asked = this.#take()) {
      try {
        asked.resolve(Number(await this.#ask()));
      } catch (error) {
        asked.reject(error);
        // They may have written on a connection that is gone; the next one knows nothing of that.
        this.#take()?.reject(error);
      }
    }
    this.#isAsking = false;
  }

  #take(): PromiseWithResolvers<number> | undefined {
    const next = this.#next;
    this.#next = undefined;
    return next;
  }
}
