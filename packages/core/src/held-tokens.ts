import { ahead } from './ahead.ts';
import { attempt } from './attempt.ts';
import type { Calls } from './calls.ts';
import type { Delete, Driver, Entry, Moment, Put } from './driver.ts';
import { checkArray, checkExpiresAt, checkKey, checkToken, kindOf } from './input.ts';
import type { HeldToken, TokenExpiry } from './oauth-database.ts';
import { Pages } from './pages.ts';
import { afterPart } from './partly.ts';
import type { KeyRing } from './secrets/key-ring.ts';
import type { Region } from './secrets/reencrypt.ts';
import { replaceToken } from './token-replacement.ts';

/** How many keys one command may name, so that no backend is busy with it for long. */
const BATCH = 500;

/** How many keys a page of a listing aims for: longer pages are faster, and keep server and process busy for longer. */
const PAGE = 500;

/** A token to store, checked; `at` is its expiry in epoch milliseconds. */
interface Checked {
  readonly key: string;
  readonly token: string;
  readonly at: number | null;
}

/**
 * The tokens that an application holds: `{keyPrefix}{key}` holds the bare token, sealed where there are keys, and the backend lets
 * it expire.
 */
export class HeldTokens {
  readonly #driver: Driver;
  readonly #calls: Calls;
  readonly #pagesOf: Pages;
  readonly #prefix: string;
  readonly #keyRing: KeyRing;
  /** Where they are stored. */
  readonly region: Region;

  constructor(driver: Driver, calls: Calls, prefix: string, keyRing: KeyRing) {
    this.#driver = driver;
    this.#calls = calls;
    this.#pagesOf = new Pages(driver, calls);
    this.#prefix = prefix;
    this.#keyRing = keyRing;
    this.region = { prefix, holds: (key) => key.length > prefix.length, describe: () => ({}) };
  }

  store(key: string, token: string, expiresAt?: Date): Promise<void> {
    return attempt(() =>
      this.#storeAll('storeToken', [
        { key: this.#name(key), token: checkToken(token), at: checkExpiresAt(expiresAt) },
      ]),
    );
  }

  async storeMany(tokens: readonly HeldToken[]): Promise<void> {
    const checked = checkArray(tokens, 'tokens').map((one, i): Checked => {
      if (typeof one !== 'object' || one === null)
        throw new TypeError(`tokens[${i}] must be an object, received ${kindOf(one)}`);
      const { key, token, expiresAt } = one as Partial<HeldToken>;
      return {
        key: this.#name(key, `tokens[${i}].key`),
        token: checkToken(token, `tokens[${i}].token`),
        at: checkExpiresAt(expiresAt, `tokens[${i}].expiresAt`),
      };
    });
    const last = new Map(checked.map((token) => [token.key, token]));
    await eachBatch('storeTokens', [...last.values()], (batch) => this.#storeAll('storeTokens', batch));
  }

  get(key: string): Promise<string | null> {
    return attempt(() => {
      const name = this.#name(key);
      return this.#calls.run(
        'getToken',
        'read',
        (at) => this.#driver.read([name], at),
        (entries) => this.#open(name, entries[0]),
      );
    });
  }

  async getMany(keys: readonly string[]): Promise<(string | null)[]> {
    const found: (string | null)[] = [];
    for (const batch of batches(this.#names(keys))) {
      found.push(...(await this.#calls.run('getTokens', 'read', (at) => this.#read(batch, at))));
    }
    return found;
  }

  has(key: string): Promise<boolean> {
    return this.#timeLeft('hasToken', key, isThere);
  }

  expiry(key: string): Promise<TokenExpiry | null> {
    return this.#timeLeft('getTokenExpiry', key, expiryOf);
  }

  delete(key: string): Promise<boolean> {
    return attempt(() =>
      this.#deleteAll('deleteToken', [{ key: this.#name(key) }], (deleted) => deleted > 0),
    );
  }

  async replace(
    key: string,
    expected: string | null,
    token: string | null,
    expiresAt?: Date,
  ): Promise<boolean> {
    if (token === null && expiresAt !== undefined)
      throw new TypeError('expiresAt must be left out where token is null');
    const replacement = {
      key: this.#name(key),
      expected: expected === null ? null : checkToken(expected, 'expected'),
      // Nothing in place of nothing says nothing.
      token: token === null && expected !== null ? null : checkToken(token),
      expiresAt: checkExpiresAt(expiresAt),
    };
    return replaceToken(this.#driver, this.#calls, this.#keyRing, replacement);
  }

  async deleteMany(keys: readonly string[]): Promise<number> {
    // A key that comes twice is deleted once.
    const deletes = [...new Set(this.#names(keys))].map((key): Delete => ({ key }));
    let deleted = 0;
    await eachBatch('deleteTokens', deletes, async (batch) => {
      deleted += await this.#deleteAll('deleteTokens', batch, (count) => count);
    });
    return deleted;
  }

  async list(): Promise<string[]> {
    const keys = new Set<string>();
    for await (const page of this.#pages('listTokens')) for (const key of page) keys.add(key);
    return [...keys];
  }

  async *scan(): AsyncGenerator<string, void, undefined> {
    for await (const page of this.#pages('scanTokens')) yield* page;
  }

  async #read(keys: readonly string[], at: Moment): Promise<(string | null)[]> {
    const entries = await this.#driver.read(keys, at);
    return keys.map((key, i) => this.#open(key, entries[i]));
  }

  #open(key: string, entry: Entry | null | undefined): string | null {
    return entry === null || entry === undefined ? null : this.#keyRing.open(key, entry.value);
  }

  #storeAll(operation: string, tokens: readonly Checked[]): Promise<void> {
    return this.#calls.run(
      operation,
      'idempotent',
      (at) => this.#driver.commit(this.#changeFor(tokens, at), at),
      nothing,
    );
  }

  /** What has expired already, by the time of this very run, is deleted instead of stored. */
  #changeFor(tokens: readonly Checked[], { now }: Moment): { puts: Put[]; deletes: Delete[] } {
    const puts: Put[] = [];
    const deletes: Delete[] = [];
    for (const { key, token, at } of tokens) {
      if (at !== null && at <= now) deletes.push({ key });
      else puts.push({ key, value: this.#keyRing.seal(key, token), expiresAt: at });
    }
    return { puts, deletes };
  }

  #deleteAll<T>(operation: string, deletes: readonly Delete[], answer: (deleted: number) => T): Promise<T> {
    return this.#calls.run(
      operation,
      'idempotent',
      (at) => this.#driver.commit({ deletes }, at),
      // An earlier run may have deleted them, and its reply was lost: they are gone, which is what the caller asked for.
      ({ deleted }, _, repeated) => answer(repeated ? deletes.length : deleted),
    );
  }

  #timeLeft<T>(operation: string, key: string, answer: (left: number | null, now: number) => T): Promise<T> {
    return attempt(() => {
      const keys = [this.#name(key)];
      return this.#calls.run(
        operation,
        'read',
        (at) => this.#driver.timeLeft(keys, at),
        (lives, { now }) => answer(lives[0] ?? null, now),
      );
    });
  }

  async *#pages(operation: string): AsyncGenerator<string[], void, undefined> {
    const prefix = this.#prefix;
    for await (const names of ahead(this.#pagesOf.all(operation, { prefix }, PAGE))) {
      // A key that is nothing but the prefix is not ours: a token's key is never empty.
      yield names.filter((name) => name.length > prefix.length).map((name) => name.slice(prefix.length));
    }
  }

  #name(key: unknown, what = 'key'): string {
    return this.#prefix + checkKey(key, what);
  }

  #names(keys: readonly string[]): string[] {
    return checkArray(keys, 'keys').map((key, i) => this.#name(key, `keys[${i}]`));
  }
}

function isThere(left: number | null): boolean {
  return left !== null;
}

function expiryOf(left: number | null, now: number): TokenExpiry | null {
  if (left === null) return null;
  // No Date is later than this, and a clock of the backend's own may round upwards.
  return { expiresAt: left === Infinity ? null : new Date(Math.min(now + left, 8.64e15)) };
}

function nothing(): void {
  // Whoever stores is told only that it is stored.
}

function* batches<T>(items: readonly T[]): Generator<readonly T[], void, undefined> {
  for (let i = 0; i < items.length; i += BATCH) yield items.slice(i, i + BATCH);
}

/** Makes a change batch by batch. A failure after the first does not mean that nothing was changed. */
async function eachBatch<T>(
  operation: string,
  items: readonly T[],
  change: (batch: readonly T[]) => Promise<void>,
): Promise<void> {
  const [first, ...others] = batches(items);
  if (first !== undefined) await change(first);
  await afterPart(operation, async () => {
    for (const batch of others) await change(batch);
  });
}
