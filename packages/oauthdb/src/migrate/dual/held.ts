import type { HeldToken, OAuthDatabase, TokenExpiry } from '@oauthdb/core';
import { deleteBoth, either, following, mirror, type Pair } from './pair.ts';

interface Held {
  readonly token: string;
  readonly expiresAt: Date | null;
}

/** Backends say when a token ends to within the time of a call. */
const EXACT_MS = 5000;

/** The tokens that an application holds, in both. */
export class DualHeld {
  readonly #pair: Pair;

  constructor(pair: Pair) {
    this.#pair = pair;
  }

  async store(key: string, token: string, expiresAt?: Date): Promise<void> {
    await this.#pair.old.storeToken(key, token, expiresAt);
    await this.#mirror(key);
  }

  async storeMany(tokens: readonly HeldToken[]): Promise<void> {
    const { old, next } = this.#pair;
    // Both take a copy at once, and what was wrong is refused before anything is sent.
    const storing = [old.storeTokens(tokens), next.storeTokens(tokens)];
    const [one, other] = await Promise.allSettled(storing);
    if (one?.status === 'rejected') throw one.reason;
    if (other?.status === 'rejected') await following(() => Promise.reject(other.reason));
    const last = new Map(tokens.map(({ key, token }) => [key, token]));
    const keys = [...last.keys()];
    const there = await following(() => old.getTokens(keys));
    // Somebody else has changed it since, or it has ended already.
    await Promise.all(keys.filter((key, i) => there[i] !== last.get(key)).map((key) => this.#mirror(key)));
  }

  async delete(key: string): Promise<boolean> {
    const { old, next } = this.#pair;
    return deleteBoth({
      isOld: () => old.hasToken(key),
      next: () => next.deleteToken(key),
      old: () => old.deleteToken(key),
    });
  }

  async deleteMany(keys: readonly string[]): Promise<number> {
    const { old, next } = this.#pair;
    const [there, known] = [await next.getTokens(keys), await old.getTokens(keys)];
    const newOnly = new Set(keys.filter((_, i) => known[i] === null && there[i] !== null));
    const gone = await next.deleteTokens(keys);
    const decided = await following(() => old.deleteTokens(keys));
    return decided + Math.min(gone, newOnly.size);
  }

  async replace(
    key: string,
    expected: string | null,
    token: string | null,
    expiresAt?: Date,
  ): Promise<boolean> {
    const { old, next } = this.#pair;
    // What the one that decides has not, the other decides.
    const isNew = (await old.getToken(key)) === null && (await next.getToken(key)) !== null;
    const replaced = await (isNew ? next : old).replaceToken(key, expected, token, expiresAt);
    if (!isNew) await this.#mirror(key);
    return replaced;
  }

  get(key: string): Promise<string | null> {
    return either(this.#pair, (db) => db.getToken(key));
  }

  async has(key: string): Promise<boolean> {
    const { old, next } = this.#pair;
    return (await next.hasToken(key)) || old.hasToken(key);
  }

  expiry(key: string): Promise<TokenExpiry | null> {
    return either(this.#pair, (db) => db.getTokenExpiry(key));
  }

  async getMany(keys: readonly string[]): Promise<(string | null)[]> {
    const { old, next } = this.#pair;
    const found = await next.getTokens(keys);
    const missing = keys.filter((_, i) => found[i] === null);
    if (missing.length === 0) return found;
    const rest = await old.getTokens(missing);
    const others = new Map(missing.map((key, i) => [key, rest[i] ?? null]));
    return keys.map((key, i) => found[i] ?? others.get(key) ?? null);
  }

  async list(): Promise<string[]> {
    const { old, next } = this.#pair;
    return [...new Set([...(await next.listTokens()), ...(await old.listTokens())])];
  }

  async *scan(): AsyncGenerator<string, void, undefined> {
    const { old, next } = this.#pair;
    yield* next.scanTokens();
    yield* old.scanTokens();
  }

  #mirror(key: string): Promise<unknown> {
    const { old, next } = this.#pair;
    return mirror<Held>({
      read: () => heldBy(old, key),
      put: ({ token, expiresAt }) => next.storeToken(key, token, expiresAt ?? undefined),
      remove: () => next.deleteToken(key),
      isSame: (one, other) =>
        one.token === other.token &&
        Math.abs((one.expiresAt?.getTime() ?? 0) - (other.expiresAt?.getTime() ?? 0)) < EXACT_MS,
    });
  }
}

async function heldBy(db: OAuthDatabase, key: string): Promise<Held | null> {
  const [token, expiry] = await Promise.all([db.getToken(key), db.getTokenExpiry(key)]);
  return token === null || expiry === null ? null : { token, expiresAt: expiry.expiresAt };
}
