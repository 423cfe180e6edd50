import { setTimeout as sleep } from 'node:timers/promises';
import { OAuthDatabaseError, type Driver, type Moment } from '@oauthdb/core';
import type { BreakableStore, FaultHook, FaultName } from '@oauthdb/core/conformance';
import { MemoryDriver, MemoryStore } from '../../src/index.ts';
import { overlay } from '../mutants/overlay.ts';

type Step<T> = () => Promise<T>;

const WRITES: ReadonlySet<string> = new Set(['take', 'commit']);

/** How the way to a remote store may be broken on purpose, beside what the suite breaks. */
export interface RemoteOptions {
  /** Whether the server carries out what comes after its deadline. */
  readonly servesLate?: boolean;
  /** What a connection that was cut says of the calls that were under way on it. Default: `unknown`. */
  readonly cutOutcome?: 'not_executed' | 'unknown';
  /** Gives what replaces the driver's methods. */
  readonly breaks?: (sound: Driver, remote: Remote) => Partial<Driver>;
}

/**
 * A store behind a wire that can be broken: what a server is to a client, in this process. A call travels there, is carried out, and
 * its answer travels back; a fault meets it on either way.
 */
export class Remote {
  readonly store: MemoryStore = new MemoryStore();
  readonly #options: RemoteOptions;
  #isThere = true;
  #isFull = false;
  #isDropping = false;
  #isGarbling = false;
  #delayMs = 0;
  #held: PromiseWithResolvers<void> | undefined;
  #connections: PromiseWithResolvers<never> = brokenLater();
  #lastRead: unknown;
  readonly #sent: string[] = [];
  #garbledWrites = 0;

  constructor(options: RemoteOptions) {
    this.#options = options;
  }

  /** All that it was sent, as one on the wire would read it. */
  get sent(): string {
    return this.#sent.join('\n');
  }

  /** Has the server carry out one step, and gives its answer. */
  async send<T>(method: string, words: readonly unknown[], step: Step<T>): Promise<T> {
    this.#sent.push(`${method} ${JSON.stringify(words)}`);
    if (!this.#isThere) throw away('not_executed');
    const cut = this.#connections.promise;
    const there = (async () => {
      await turn();
      await this.#held?.promise;
      return this.#serve(method, step);
    })();
    // It may be cut, and so be nobody's, before it fails.
    there.catch(() => {});
    const result = await Promise.race([there, cut]);
    await Promise.race([this.#answer(), cut]);
    return this.#isGarbling ? this.#garbled(method, result) : result;
  }

  readonly faults: Required<Pick<BreakableStore, FaultName>> = {
    hang: async () => void (this.#held ??= Promise.withResolvers()),
    resume: async () => {
      this.#held?.resolve();
      this.#held = undefined;
      this.#delayMs = 0;
      if (this.#isDropping || this.#isGarbling) this.#cut();
      this.#isDropping = this.#isGarbling = false;
      await turn();
    },
    cut: async () => this.#cut(),
    kill: async () => {
      this.#isThere = false;
      this.#cut();
    },
    restart: async () => void (this.#isThere = true),
    fill: async () => void (this.#isFull = true),
    free: async () => void (this.#isFull = false),
    dropReplies: async () => void (this.#isDropping = true),
    garble: async () => void (this.#isGarbling = true),
    delay: async (ms) => void (this.#delayMs = ms),
  };

  #serve<T>(method: string, step: Step<T>): Promise<T> {
    // The process is gone.
    if (!this.#isThere) return new Promise(() => {});
    if (this.#isFull && WRITES.has(method)) {
      throw new OAuthDatabaseError('OAUTHDB_STORE_FULL', 'no room', { outcome: 'not_executed' });
    }
    return step();
  }

  /** The answer to another read, or now and then none that makes sense. */
  #garbled<T>(method: string, result: T): T {
    if (method !== 'read') {
      if (++this.#garbledWrites % 4 === 0) throw away('unknown');
      return result;
    }
    // That there is nothing carries no seal, so that whose answer it is shows nowhere.
    if ((result as readonly unknown[]).includes(null)) return result;
    const other = this.#lastRead ?? result;
    this.#lastRead = result;
    return other as T;
  }

  async #answer(): Promise<void> {
    await turn();
    if (this.#isDropping) await new Promise(() => {});
    if (this.#delayMs > 0) await sleep(this.#delayMs);
  }

  #cut(): void {
    this.#connections.reject(away(this.#options.cutOutcome ?? 'unknown'));
    this.#connections = brokenLater();
  }
}

/** A driver on a remote store: every call of it goes over the wire. */
function remoteDriver(remote: Remote, servesLate: boolean): Driver {
  const server = new MemoryDriver(remote.store);
  const end = brokenLater();
  const others: Partial<Driver> = {
    supports: { ...server.supports, permanence: true },
    close: async () => end.reject(new OAuthDatabaseError('OAUTHDB_CLOSED', 'closed', { outcome: 'unknown' })),
  };
  return new Proxy<Driver>(server, {
    get(target, name) {
      const own: unknown = Reflect.get(others, name) ?? Reflect.get(target, name);
      if (typeof own !== 'function' || name === 'close') return own;
      return (...words: unknown[]) => {
        const at = words.at(-1) as Moment;
        const sent = [...words.slice(0, -1), servesLate ? { ...at, deadline: Infinity } : at];
        const step = (): Promise<unknown> => Reflect.apply(own, target, sent) as Promise<unknown>;
        return Promise.race([remote.send(String(name), sent, step), end.promise]);
      };
    },
  });
}

/** The hook of a backend on such a store, sound or broken. */
export function remoteFaults(options: RemoteOptions = {}): FaultHook {
  const offers: readonly FaultName[] = [
    ...(['hang', 'resume', 'cut', 'kill', 'restart', 'fill', 'free'] as const),
    ...(['dropReplies', 'garble', 'delay'] as const),
  ];
  return {
    offers,
    start: async () => {
      const remote = new Remote(options);
      const open = (): Driver => {
        const sound = remoteDriver(remote, options.servesLate ?? false);
        return overlay(sound, options.breaks?.(sound, remote) ?? {});
      };
      const beside = (): Driver => overlay(new MemoryDriver(remote.store), { supports: open().supports });
      const exposed = async () => [{ where: 'a command', bytes: Buffer.from(remote.sent) }];
      return { ...remote.faults, open, beside, exposed, stop: async () => {} };
    },
  };
}

function brokenLater(): PromiseWithResolvers<never> {
  const later = Promise.withResolvers<never>();
  // Where nobody waits, nobody is told.
  later.promise.catch(() => {});
  return later;
}

function away(outcome: 'not_executed' | 'unknown'): OAuthDatabaseError {
  return new OAuthDatabaseError('OAUTHDB_UNAVAILABLE', 'the connection was lost', { outcome });
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
