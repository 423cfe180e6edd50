import { monotonicNow, OAuthDatabaseError, startTimer, stopTimer } from '@oauthdb/core';
import type { ClusterNode, RedisClient } from './client.ts';
import { Connection } from './connection.ts';
import { commandError } from './errors.ts';
import type { MonitoredCommand, StopMonitoring } from './monitored.ts';

/** A server, as its operator sees it: for commands that have nothing to do with tokens. */
export interface InspectedNode {
  /** Its address in a cluster, else empty. */
  readonly name: string;
  /** Sends a command. Throws an `OAuthDatabaseError` that shows none of it. */
  send(...args: readonly string[]): Promise<unknown>;
  /**
   * Tells every command that the server carries out from now on, over a connection of its own.
   *
   * @throws OAuthDatabaseError `OAUTHDB_UNSUPPORTED` where the client library cannot.
   */
  monitor(listener: (command: MonitoredCommand) => void): Promise<StopMonitoring>;
}

/**
 * An operator's way to a server, or to the masters of a cluster, by whatever lends a {@link RedisClient}.
 *
 * Every call settles within `timeoutMs`, and nothing is sent twice.
 */
export class Inspector implements AsyncDisposable {
  readonly #client: RedisClient;
  readonly #connection: Connection;
  readonly #timeoutMs: number;

  constructor(client: RedisClient, timeoutMs: number) {
    this.#client = client;
    this.#timeoutMs = timeoutMs;
    this.#connection = new Connection(client, { made: () => {}, silenceMs: timeoutMs });
  }

  /** The server, or the masters of the cluster in the order of their addresses. Connects. */
  async nodes(): Promise<readonly InspectedNode[]> {
    await this.#connection.ready(monotonicNow() + this.#timeoutMs);
    const client = this.#client;
    const { cluster } = client;
    if (cluster === undefined) {
      const send = (args: readonly string[]): Promise<unknown> => this.#connection.send('', args);
      const single: ClusterNode = {
        name: '',
        send,
        monitor: (listener) => client.monitor?.(listener) ?? cannotMonitor(),
      };
      return [this.#node(single, send)];
    }
    return cluster
      .masters()
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
      .map((node) => this.#node(node, (args) => this.#connection.sendTo(node, args)));
  }

  /** Sends a command to the server that has a key, wherever in a cluster that is by now. Connects, and throws as a node does. */
  async sendFor(key: string, ...args: readonly string[]): Promise<unknown> {
    await this.#connection.ready(monotonicNow() + this.#timeoutMs);
    return this.#inTime(this.#connection.send(key, args));
  }

  async close(): Promise<void> {
    this.#connection.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #node({ name, monitor = cannotMonitor }: ClusterNode, send: ClusterNode['send']): InspectedNode {
    return {
      name,
      send: (...args) => this.#inTime(send(args)),
      monitor: async (listener) => {
        const starting = monitor(listener).catch((error: unknown) => {
          throw commandError(error);
        });
        try {
          return await this.#inTime(starting);
        } catch (error) {
          // It may begin yet.
          starting.then(
            (stop) => stop(),
            () => {},
          );
          throw error;
        }
      },
    };
  }

  async #inTime<T>(call: Promise<T>): Promise<T> {
    let timer: ReturnType<typeof startTimer> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = startTimer(() => reject(timeoutError()), this.#timeoutMs);
    });
    try {
      return await Promise.race([call, late]);
    } finally {
      if (timer !== undefined) stopTimer(timer);
    }
  }
}

async function cannotMonitor(): Promise<never> {
  const message = 'this client library cannot watch commands';
  throw new OAuthDatabaseError('OAUTHDB_UNSUPPORTED', message, { outcome: 'not_executed' });
}

function timeoutError(): OAuthDatabaseError {
  return new OAuthDatabaseError('OAUTHDB_TIMEOUT', 'no answer in time', { outcome: 'unknown' });
}
