import { monotonicNow, OAuthDatabaseError, startTimer, stopTimer } from '@oauthdb/core';
import type { RedisClient } from './client.ts';
import { connectionError, isPermanent } from './errors.ts';

interface Waiter {
  resolve(): void;
  reject(error: OAuthDatabaseError): void;
}

/** A reconnection that did not help is not worth another one right away. */
const RECONNECT_PAUSE_MS = 1000;

/** Knows whether a client can send, and lets callers wait until it can. */
export class Connection {
  readonly #client: RedisClient;
  readonly #waiting = new Set<Waiter>();
  /** Why there is no connection; undefined while there is one, and before the first attempt. */
  #failure: unknown;
  #madeAt = 0;
  #closed = false;

  /** @param made - called on each new connection, before anybody who waited goes on. */
  constructor(client: RedisClient, made: () => void) {
    this.#client = client;
    client.listen({
      ready: () => {
        this.#failure = undefined;
        this.#madeAt = monotonicNow();
        made();
        this.#settle((waiter) => waiter.resolve());
      },
      failed: (error) => {
        this.#failure = error;
        const reason = connectionError(error);
        if (!client.isReady && isPermanent(reason)) this.#settle((waiter) => waiter.reject(reason));
      },
    });
  }

  get isReady(): boolean {
    return this.#client.isReady && !this.#closed;
  }

  /**
   * Waits for the connection until `deadline`, in the order of the calls. Throws what the last failure says: at once if it is
   * one that does not pass by itself, though the client goes on trying.
   */
  ready(deadline: number): Promise<void> {
    if (this.#closed) return Promise.reject(closedError());
    this.#client.connect();
    if (this.#client.isReady) return Promise.resolve();
    const reason = connectionError(this.#failure);
    // In a turn of its own: who calls again and again without a pause must not keep the client from connecting.
    if (isPermanent(reason)) return new Promise((_, reject) => setImmediate(reject, reason));
    return new Promise((resolve, reject) => {
      const timer = startTimer(
        () => waiter.reject(connectionError(this.#failure)),
        deadline - monotonicNow(),
      );
      const leave = (): void => {
        stopTimer(timer);
        this.#waiting.delete(waiter);
      };
      const waiter: Waiter = {
        resolve: () => (leave(), resolve()),
        reject: (error) => (leave(), reject(error)),
      };
      this.#waiting.add(waiter);
    });
  }

  /** Gives the connection up for a new one: this one leads to a server that does not do. */
  replace(): void {
    if (this.#closed || monotonicNow() - this.#madeAt < RECONNECT_PAUSE_MS) return;
    this.#madeAt = monotonicNow();
    this.#client.reconnect();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#settle((waiter) => waiter.reject(closedError()));
    this.#client.close();
  }

  #settle(settle: (waiter: Waiter) => void): void {
    for (const waiter of this.#waiting) settle(waiter);
  }
}

function closedError(): OAuthDatabaseError {
  return new OAuthDatabaseError('OAUTHDB_CLOSED', 'the database is closed', { outcome: 'not_executed' });
}
