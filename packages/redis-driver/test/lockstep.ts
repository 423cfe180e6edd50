import type { ClusterMap, ConnectionListener, RedisClient } from '../src/index.ts';

interface Sent {
  readonly key: string;
  readonly args: readonly string[];
  readonly settle: (result: PromiseSettledResult<unknown>) => void;
}

/**
 * A client on which every command takes equally long: what is sent in one turn of the event loop is one round trip, whose replies
 * come together, and the next one begins when they are there.
 */
export class Lockstep implements RedisClient {
  declare readonly cluster?: ClusterMap;
  readonly #client: RedisClient;
  readonly #roundTrips: string[][] = [];
  #waiting: Sent[] = [];
  #underWay: Promise<void> | undefined;

  constructor(client: RedisClient) {
    this.#client = client;
    if (client.cluster !== undefined) this.cluster = client.cluster;
  }

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

  get isReady(): boolean {
    return this.#client.isReady;
  }

  send(key: string, args: readonly string[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const settle: Sent['settle'] = (result) =>
        result.status === 'fulfilled' ? resolve(result.value) : reject(result.reason);
      this.#waiting.push({ key, args, settle });
      this.#underWay ??= this.#run();
    });
  }

  listen(listener: ConnectionListener): void {
    this.#client.listen(listener);
  }

  connect(): void {
    this.#client.connect();
  }

  reconnect(): void {
    this.#client.reconnect();
  }

  close(): void {
    this.#client.close();
  }

  async #run(): Promise<void> {
    for (await turn(); this.#waiting.length > 0; await turn()) {
      const together = this.#waiting;
      this.#waiting = [];
      this.#roundTrips.push(together.map(({ args }) => args[0] ?? ''));
      const results = await Promise.allSettled(together.map(({ key, args }) => this.#client.send(key, args)));
      for (const [i, result] of results.entries()) together[i]?.settle(result);
    }
    this.#underWay = undefined;
  }
}

/** The end of this turn of the event loop, and of what waits for it. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}
