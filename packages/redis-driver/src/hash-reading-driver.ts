import {
  isOAuthDatabaseError,
  type Change,
  type Committed,
  type Driver,
  type Entry,
  type Guarantees,
  type Moment,
  type Page,
  type PageRequest,
  type Supports,
  type Take,
  type Taken,
  type Where,
} from '@oauthdb/core';
import { hashEntry } from './hash.ts';
import type { Runner } from './runner.ts';

/**
 * A driver that also reads hashes, under one prefix: other programs have kept there what they keep as strings today.
 *
 * That costs one more round trip where nothing else is found, and nothing elsewhere. What is put in place of a hash is a string.
 */
export class HashReadingDriver implements Driver {
  readonly name: string;
  readonly supports: Supports;
  readonly guarantees: Guarantees;
  readonly #driver: Driver;
  readonly #runner: Runner;
  readonly #prefix: string;

  constructor(driver: Driver, runner: Runner, prefix: string) {
    this.name = driver.name;
    this.supports = driver.supports;
    this.guarantees = driver.guarantees;
    this.#driver = driver;
    this.#runner = runner;
    this.#prefix = prefix;
  }

  async read(keys: readonly string[], at: Moment): Promise<readonly (Entry | null)[]> {
    const entries = await this.#readStrings(keys, at);
    const read = async (key: string, i: number): Promise<Entry | null> => {
      const entry = entries[i] ?? null;
      return entry === null && key.startsWith(this.#prefix) ? this.#readHash(key, at) : entry;
    };
    return Promise.all(keys.map(read));
  }

  timeLeft(keys: readonly string[], at: Moment): Promise<readonly (number | null)[]> {
    return this.#driver.timeLeft(keys, at);
  }

  take(take: Take, at: Moment): Promise<Taken> {
    return this.#driver.take(take, at);
  }

  commit(change: Change, at: Moment): Promise<Committed> {
    return this.#driver.commit(change, at);
  }

  list(where: Where, page: PageRequest, at: Moment): Promise<Page> {
    return this.#driver.list(where, page, at);
  }

  close(): Promise<void> {
    return this.#driver.close();
  }

  /** A command for one key refuses what is no string; one for several passes over it. */
  async #readStrings(keys: readonly string[], at: Moment): Promise<readonly (Entry | null)[]> {
    try {
      return await this.#driver.read(keys, at);
    } catch (error) {
      const isHash =
        keys.length === 1 && keys[0]?.startsWith(this.#prefix) === true && isOfAnotherType(error);
      if (isHash) return [null];
      throw error;
    }
  }

  async #readHash(key: string, at: Moment): Promise<Entry | null> {
    try {
      return hashEntry(await this.#runner.send(key, ['HGETALL', key], at));
    } catch (error) {
      if (!isOfAnotherType(error)) throw error;
      // It has just become a string.
      const [entry] = await this.#driver.read([key], at);
      return entry ?? null;
    }
  }
}

function isOfAnotherType(error: unknown): boolean {
  return isOAuthDatabaseError(error) && error.code === 'OAUTHDB_CORRUPT';
}
