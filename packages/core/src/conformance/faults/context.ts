import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { DriverDatabase } from '../../driver-database.ts';
import type { Driver } from '../../driver.ts';
import type { OAuthDatabaseError } from '../../error.ts';
import type { OAuthDatabase } from '../../oauth-database.ts';
import type { DatabaseOptions } from '../../options.ts';
import { monotonicNow } from '../../timing.ts';
import type { Backend } from '../suite.ts';
import { Canaries } from './canaries.ts';
import type { BreakableStore, FaultName, Faults } from './hook.ts';
import { faultOf, settled, SLACK_MS, type Settled } from './settled.ts';

/** How long the calls of these cases may take. */
export const TIMEOUT_MS = 600;

/** How long a backend that is sound again may take until calls succeed, without anybody restarting anything. */
const RECOVERY_MS = 15_000;

const CLOSING_MS = 2000;

export type Database = (driver: Driver, options: DatabaseOptions) => OAuthDatabase;

/** What one case works with: a store of its own that it may break, and databases that are closed after it. */
export class FaultContext {
  /** Those that the case needs are there. */
  readonly faults: Faults;
  readonly offers: ReadonlySet<FaultName>;
  readonly canaries: Canaries;
  readonly #store: BreakableStore;
  readonly #database: Database;
  readonly #prefix: string;
  readonly #opened: { close(): Promise<void> }[] = [];
  /** Whether every database that was opened seals what it stores. */
  #seals = true;

  constructor(store: BreakableStore, offers: readonly FaultName[], backend: Partial<Backend>) {
    this.#store = store;
    this.faults = store as Faults;
    this.offers = new Set(offers);
    this.canaries = new Canaries(store.secrets);
    this.#database = backend.database ?? ((driver, options) => new DriverDatabase(driver, options));
    this.#prefix = `${backend.prefix ?? 't'}${randomUUID()}:`;
  }

  /** A database on the store, by the way that the faults are in. Its calls have {@link TIMEOUT_MS}. */
  async database(options: DatabaseOptions = {}): Promise<OAuthDatabase> {
    return this.#make(await this.#store.open({ commandTimeout: TIMEOUT_MS }), {
      commandTimeout: TIMEOUT_MS,
      ...options,
    });
  }

  /** A database that sees what is in the store, and has the time for it. */
  async beside(options: DatabaseOptions = {}): Promise<OAuthDatabase> {
    return this.#make(await this.#store.beside(), { commandTimeout: 30_000, ...options });
  }

  /** The prefixes of another database on the same store. */
  prefixes(name: string): Pick<DatabaseOptions, 'keyPrefix' | 'serverKeyPrefix'> {
    const prefix = `${this.#prefix}${name}:`;
    return { keyPrefix: `${prefix}held:`, serverKeyPrefix: `${prefix}issued:` };
  }

  /** A secret that must show nowhere; of a kind that stands in names, in no error. */
  secret(kind: string): string {
    return this.canaries.secret(kind);
  }

  /** What shows of its secrets where they are stored, and how they came there. Once every database is closed. */
  async shownAtRest(): Promise<string[]> {
    const exposed = (await this.#store.exposed?.()) ?? [];
    return exposed.flatMap(({ where, bytes }) =>
      this.canaries.atRest(bytes, this.#seals).map((kind) => `${where} shows a secret: ${kind}`),
    );
  }

  /** How a call comes out: in time, and if it fails, with an error as it must be. */
  async outcome<T>(call: () => Promise<T>, within: number = TIMEOUT_MS): Promise<Settled<T>> {
    const how = await settled(call, within + SLACK_MS);
    assert.notEqual(
      how.status,
      'pending',
      `a call was still under way ${Math.round(how.ms)} ms after it began`,
    );
    if (how.status === 'rejected') {
      const wrong = faultOf(how.error, this.canaries);
      assert.equal(wrong, null, `an error ${wrong}`);
    }
    return how;
  }

  /** The error that a call must fail with, in time. */
  async failure(call: () => Promise<unknown>, within: number = TIMEOUT_MS): Promise<OAuthDatabaseError> {
    const how = await this.outcome(call, within);
    assert.equal(how.status, 'rejected', 'a call succeeded that could not');
    return (how as { error: OAuthDatabaseError }).error;
  }

  /** Repeats `call` until it succeeds. */
  async recovered<T>(call: () => Promise<T>): Promise<T> {
    const end = monotonicNow() + RECOVERY_MS;
    for (;;) {
      const how = await this.outcome(call, RECOVERY_MS);
      if (how.status === 'fulfilled') return how.value;
      if (monotonicNow() > end && how.status === 'rejected') throw how.error;
      await sleep(10);
    }
  }

  /** Closes what is open; what does not close does not keep the next case from beginning. */
  async close(): Promise<void> {
    const closing = this.#opened.map((one) => settled(() => one.close(), CLOSING_MS));
    for (const how of await Promise.all(closing)) if (how.status === 'rejected') throw how.error;
  }

  #make(driver: Driver, options: DatabaseOptions): OAuthDatabase {
    this.#seals &&= options.secrets?.keys !== undefined;
    const database = this.#database(driver, { ...this.prefixes('own'), ...options });
    this.#opened.push(database);
    return database;
  }
}
