/** A clock that moves when it is told to. */
export class ManualClock {
  #now: number;

  constructor(now: number) {
    this.#now = now;
  }

  readonly now = (): number => this.#now;

  advance(ms: number): void {
    this.#now += ms;
  }

  /** The Date that is `ms` away. */
  in(ms: number): Date {
    return new Date(this.#now + ms);
  }
}
