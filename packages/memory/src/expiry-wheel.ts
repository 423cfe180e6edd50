/** Which keys end when, in buckets of a second: to add, to move and to drop a key costs the same however many there are. */
export class ExpiryWheel {
  readonly #buckets = new Map<number, Set<string>>();
  /** No bucket before this second exists. */
  #first = Infinity;

  add(key: string, expiresAt: number): void {
    const second = Math.floor(expiresAt / 1000);
    const bucket = this.#buckets.get(second);
    if (bucket === undefined) this.#buckets.set(second, new Set([key]));
    else bucket.add(key);
    this.#first = Math.min(this.#first, second);
  }

  delete(key: string, expiresAt: number): void {
    const second = Math.floor(expiresAt / 1000);
    const bucket = this.#buckets.get(second);
    bucket?.delete(key);
    if (bucket?.size === 0) this.#buckets.delete(second);
  }

  /** Has a key end at another time than before; `null` for never. */
  move(key: string, from: number | null, to: number | null): void {
    if (from !== null && to !== null && Math.floor(from / 1000) === Math.floor(to / 1000)) return;
    if (from !== null) this.delete(key, from);
    if (to !== null) this.add(key, to);
  }

  /** Whether there may be keys whose second has begun. */
  mayBeDue(now: number): boolean {
    return this.#first <= Math.floor(now / 1000);
  }

  /** Up to `limit` keys whose second has begun, the oldest first. */
  *due(now: number, limit: number): Generator<string, void, undefined> {
    const last = Math.floor(now / 1000);
    let left = limit;
    for (const second of this.#secondsUntil(last)) {
      for (const key of this.#buckets.get(second) ?? []) {
        if (left-- <= 0) return;
        yield key;
      }
      if (!this.#buckets.has(second) && second === this.#first) this.#first = second + 1;
    }
  }

  /** Walks the seconds, or, after a long pause, the buckets: whichever are fewer. */
  #secondsUntil(last: number): Iterable<number> {
    if (this.#buckets.size === 0) {
      this.#first = Infinity;
      return [];
    }
    if (last - this.#first < this.#buckets.size) return range(this.#first, last);
    const seconds = [...this.#buckets.keys()].toSorted((a, b) => a - b);
    this.#first = seconds[0] ?? Infinity;
    return seconds.filter((second) => second <= last);
  }
}

function* range(from: number, to: number): Generator<number, void, undefined> {
  for (let i = from; i <= to; i++) yield i;
}
