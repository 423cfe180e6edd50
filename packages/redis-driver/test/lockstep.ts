import { ClientThrough } from '../src/client-through.ts';

interface Sent {
  readonly key: string;
  readonly args: readonly string[];
  readonly settle: (result: PromiseSettledResult<unknown>) => void;
}

/**
 * A client on which every command takes equally long: what is sent in one turn of the event loop is one round trip, whose replies
 * come together, and the next one begins when they are there.
 */
export class Lockstep extends ClientThrough {
  readonly #roundTrips: string[][] = [];
  #waiting: Sent[] = [];
  #underWay: Promise<void> | undefined;

  /** The commands of each round trip that `work` takes, in alphabetical order, until its answer is there. */
  async count(work: () => Promise<unknown>): Promise<string[]> {
    await this.idle();
    const before = this.#roundTrips.length;
    await work();
    return this.#roundTrips.slice(before).map((commands) => commands.toSorted().join(' '));
  }

  /** Waits until nothing is under way. */
  async idle(): Promise<void> {
    while (this.#underWay !== undefined) await this.#underWay;
  }

  override send(key: string, args: readonly string[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const settle: Sent['settle'] = (result) =>
        result.status === 'fulfilled' ? resolve(result.value) : reject(result.reason);
      this.#waiting.push({ key, args, settle });
      this.#underWay ??= this.#run();
    });
  }

  async #run(): Promise<void> {
    for (await turn(); this.#waiting.length > 0; await turn()) {
      const together = this.#waiting;
      this.#waiting = [];
      this.#roundTrips.push(together.map(({ args }) => args[0] ?? ''));
      const results = await Promise.allSettled(together.map(({ key, args }) => this.client.send(key, args)));
      for (const [i, result] of results.entries()) together[i]?.settle(result);
    }
    this.#underWay = undefined;
  }
}

/** The end of this turn of the event loop, and of what waits for it. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}
