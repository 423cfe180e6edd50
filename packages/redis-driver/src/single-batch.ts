import { lateError, monotonicNow, type OAuthDatabaseError } from '@oauthdb/core';
import type { Batch } from './batch.ts';

/** A command that nothing is joined to, and that keeps its place. */
export class SingleBatch implements Batch {
  readonly reply: Promise<unknown>;
  readonly #deadline: number;
  readonly #command: () => Promise<unknown>;
  readonly #settled = Promise.withResolvers<unknown>();

  constructor(deadline: number, command: () => Promise<unknown>) {
    this.#deadline = deadline;
    this.#command = command;
    this.reply = this.#settled.promise;
  }

  send(): void {
    const { resolve, reject } = this.#settled;
    if (monotonicNow() > this.#deadline) reject(lateError());
    else this.#command().then(resolve, reject);
  }

  fail(error: OAuthDatabaseError): void {
    this.#settled.reject(error);
  }
}
