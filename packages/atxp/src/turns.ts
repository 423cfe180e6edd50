interface Turn {
  /** Settles when the last write has. */
  written: Promise<unknown>;
  /** Settles when that write and the reads after it have. */
  all: Promise<unknown>;
  waiting: number;
}

/**
 * Keeps calls about the same thing in the order in which they were made, awaited or not: a read sees every write before it and
 * none after it. Reads do not wait for one another, and different things not at all.
 */
export class Turns {
  readonly #turns = new Map<string, Turn>();
  readonly #active = new Set<Promise<unknown>>();

  read<T>(name: string, work: () => Promise<T>): Promise<T> {
    const turn = this.#turns.get(name);
    const result = turn === undefined ? work() : turn.written.then(work);
    const settled = result.then(nothing, nothing);
    this.#join(name, { written: turn?.written ?? Promise.resolve(), all: Promise.all([turn?.all, settled]) });
    return this.#track(name, result, settled);
  }

  write<T>(name: string, work: () => Promise<T>): Promise<T> {
    const turn = this.#turns.get(name);
    const result = turn === undefined ? work() : turn.all.then(work);
    const settled = result.then(nothing, nothing);
    this.#join(name, { written: settled, all: settled });
    return this.#track(name, result, settled);
  }

  /** Settles when nothing is under way any more. */
  async idle(): Promise<void> {
    while (this.#active.size > 0) await Promise.all(this.#active);
  }

  #join(name: string, next: Omit<Turn, 'waiting'>): void {
    this.#turns.set(name, { ...next, waiting: (this.#turns.get(name)?.waiting ?? 0) + 1 });
  }

  #track<T>(name: string, result: Promise<T>, settled: Promise<unknown>): Promise<T> {
    this.#active.add(settled);
    void settled.then(() => {
      this.#active.delete(settled);
      const turn = this.#turns.get(name);
      if (turn !== undefined && --turn.waiting === 0) this.#turns.delete(name);
    });
    return result;
  }
}

function nothing(): void {}
