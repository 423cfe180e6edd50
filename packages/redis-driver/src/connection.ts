import { monotonicNow, OAuthDatabaseError, startTurn } from '@oauthdb/core';
import type { ClusterNode, RedisClient } from './client.ts';
import { commandError, connectionError, isPermanent, isUnknownScript } from './errors.ts';
import { Waiting } from './waiting.ts';
import { Watchdog } from './watchdog.ts';

/** A reconnection that did not help is not worth another one right away. */
const RECONNECT_PAUSE_MS = 1000;

export interface ConnectionOptions {
  /** Called on each new connection, before anybody who waited goes on. */
  readonly made: () => void;
  /** After so many milliseconds without the answers that are due the connection is given up; twice as many at the most. */
  readonly silenceMs: number | undefined;
}

/** Sends commands by a client, knows whether it can, and lets callers wait until it can. */
export class Connection {
  readonly #client: RedisClient;
  readonly #waiting = new Waiting(() => this.#reason);
  readonly #watchdog: Watchdog | undefined;
  /** Why there is no connection, of the last attempt. */
  #reason = connectionError(undefined);
  #isGreeting = false;
  /** How many commands wait for their replies. */
  #due = 0;
  #madeAt = 0;
  #closed = false;

  constructor(client: RedisClient, { made, silenceMs }: ConnectionOptions) {
    this.#client = client;
    if (silenceMs !== undefined) this.#watchdog = new Watchdog(silenceMs, () => client.reconnect());
    client.listen({
      connected: () => this.#greeting(true),
      ready: () => {
        this.#greeting(false);
        this.#reason = connectionError(undefined);
        this.#madeAt = monotonicNow();
        made();
        this.#waiting.resolve();
      },
      failed: (error) => {
        this.#greeting(false);
        this.#reason = connectionError(error);
        if (!client.isReady && isPermanent(this.#reason)) this.#waiting.reject(this.#reason);
      },
    });
  }

  /** Sends a command. Throws what the contract of a driver says, but for a script that the server does not know. */
  send(key: string, args: readonly string[]): Promise<unknown> {
    this.#due++;
    this.#watchdog?.waiting();
    return this.#client.send(key, args).then(this.#answered, this.#failed);
  }

  /** Sends a command to a node of a cluster. */
  sendTo(node: ClusterNode, args: readonly string[]): Promise<unknown> {
    return node.send(args).catch(this.#refused);
  }

  /** Gives the connection up for a new one, unless it is the application's. */
  reconnect(): void {
    this.#client.reconnect();
  }

  get isReady(): boolean {
    return this.#client.isReady && !this.#closed;
  }

  /** How many replies are due. */
  get due(): number {
    return this.#due;
  }

  /**
   * Waits for the connection until `deadline`, in the order of the calls. Throws what the last failure says: at once if it is
   * one that does not pass by itself, though the client goes on trying.
   */
  ready(deadline: number): Promise<void> {
    if (this.#closed) return Promise.reject(closedError());
    this.#client.connect();
    if (this.#client.isReady) return Promise.resolve();
    const reason = this.#reason;
    // In a turn of its own: who calls again and again without a pause must not keep the client from connecting.
    if (isPermanent(reason)) return new Promise((_, reject) => startTurn(reject, reason));
    return this.#waiting.wait(deadline);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#watchdog?.stop();
    this.#waiting.reject(closedError());
    this.#client.close();
  }

  readonly #answered = (reply: unknown): unknown => {
    this.#due--;
    this.#watchdog?.answered();
    return reply;
  };

  readonly #failed = (thrown: unknown): never => {
    this.#due--;
    this.#watchdog?.answered();
    return this.#refused(thrown);
  };

  readonly #refused = (thrown: unknown): never => {
    if (isUnknownScript(thrown)) throw thrown;
    const error = commandError(thrown);
    // This connection leads to a server that does not do; another one may lead to the master.
    if (error.code === 'OAUTHDB_READONLY') this.#replace();
    throw error;
  };

  #replace(): void {
    if (this.#closed || monotonicNow() - this.#madeAt < RECONNECT_PAUSE_MS) return;
    this.#madeAt = monotonicNow();
    this.#client.reconnect();
  }

  /** A server that takes a connection and then says nothing is as silent as one that does not answer a command. */
  #greeting(isGreeting: boolean): void {
    if (isGreeting === this.#isGreeting) return;
    this.#isGreeting = isGreeting;
    if (isGreeting) this.#watchdog?.waiting();
    else this.#watchdog?.answered();
  }
}

/** Of a call that comes after the end. */
export function closedError(): OAuthDatabaseError {
  return new OAuthDatabaseError('OAUTHDB_CLOSED', 'the database is closed', { outcome: 'not_executed' });
}
