import { ClientThrough } from '../src/client-through.ts';

/** A command that waits to be let through. */
export interface Held {
  readonly args: readonly string[];
  /** Sends it, and waits for its reply. */
  pass(): Promise<unknown>;
}

/** A client that can hold back what is sent, so that a test decides what comes in between. */
export class Gate extends ClientThrough {
  /** The commands that were sent, in their order. */
  readonly sent: (readonly string[])[] = [];
  #holds = false;
  #held: Held[] = [];

  /** The names of the commands that were sent, in their order. */
  get names(): string[] {
    return this.sent.map(([name]) => name ?? '');
  }

  /** Holds back what is sent from now on. */
  hold(): void {
    this.#holds = true;
  }

  /** What was held since the last time. */
  take(): Held[] {
    const held = this.#held;
    this.#held = [];
    return held;
  }

  /** Lets everything through, in its order. */
  async release(): Promise<void> {
    this.#holds = false;
    await Promise.allSettled(this.take().map((one) => one.pass()));
  }

  override send(key: string, args: readonly string[]): Promise<unknown> {
    this.sent.push(args);
    if (!this.#holds) return this.client.send(key, args);
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const pass = async (): Promise<unknown> => {
      await this.client.send(key, args).then(resolve, reject);
      return promise;
    };
    this.#held.push({ args, pass });
    return promise;
  }
}

/** The end of this turn of the event loop, and of what waits for it. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}
