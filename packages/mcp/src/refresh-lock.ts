import { randomUUID } from 'node:crypto';
import type { OAuthDatabase } from '@oauthdb/core';

/**
 * Keeps all processes but one from refreshing the same tokens at once. It ends by itself after its lease, so that whoever holds it
 * may die; it saves requests, and nothing that is stored depends on it.
 */
export class RefreshLock {
  readonly #db: OAuthDatabase;
  readonly #key: string;
  readonly #leaseMs: number;
  readonly #now: () => number;

  constructor(db: OAuthDatabase, key: string, leaseMs: number, now: () => number) {
    this.#db = db;
    this.#key = key;
    this.#leaseMs = leaseMs;
    this.#now = now;
  }

  /** What releases the lock; `null` if somebody else has it. */
  async acquire(): Promise<(() => Promise<void>) | null> {
    const owner = randomUUID();
    const lease = new Date(this.#now() + this.#leaseMs);
    if (!(await this.#db.replaceToken(this.#key, null, owner, lease))) return null;
    return async () => {
      // Where that fails, the lease ends it; and what was refreshed is refreshed.
      await this.#db.replaceToken(this.#key, owner, null).catch(() => {});
    };
  }
}
