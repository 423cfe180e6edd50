import { randomUUID } from 'node:crypto';
import { DriverDatabase } from '../driver-database.ts';
import type { Driver, Moment, Put, Supports } from '../driver.ts';
import type { OAuthDatabase } from '../oauth-database.ts';
import type { DatabaseOptions } from '../options.ts';
import { monotonicNow } from '../timing.ts';
import { ManualClock } from './clock.ts';
import type { Backend } from './suite.ts';

/** What one case works with: a namespace of its own, a clock, and databases and drivers that are closed after it. */
export class Context {
  /** Begins every key of this case. Ends in a colon. */
  readonly prefix: string;
  readonly supports: Supports;
  readonly driver: Driver;
  /** Moves by hand. Databases of a backend whose `supports.clock` is false are not opened on it, for they live in real time. */
  readonly clock: ManualClock = new ManualClock(1_700_000_000_000);
  readonly #backend: Backend;
  readonly #opened: { close(): Promise<void> }[];

  private constructor(backend: Backend, driver: Driver) {
    this.#backend = backend;
    this.prefix = `${backend.prefix ?? 't'}${randomUUID()}:`;
    this.driver = driver;
    this.supports = driver.supports;
    this.#opened = [driver];
  }

  static async open(backend: Backend): Promise<Context> {
    return new Context(backend, await backend.open());
  }

  /** A database of its own on the store, under this case's prefix. */
  async database(options: DatabaseOptions = {}): Promise<OAuthDatabase> {
    const database = this.#make(await this.#backend.open(), options);
    this.#opened.push(database);
    return database;
  }

  /** A database whose clock is always {@link clock}: what is issued ends by core's clock on every backend. */
  issuer(options: DatabaseOptions = {}): Promise<OAuthDatabase> {
    return this.database({ now: this.clock.now, ...options });
  }

  /** A database like {@link issuer} over a driver of the case's own making. */
  issuerOver(driver: Driver, options: DatabaseOptions = {}): OAuthDatabase {
    return this.#make(driver, { now: this.clock.now, ...options });
  }

  /** One more driver on the store. */
  async another(): Promise<Driver> {
    const driver = await this.#backend.open();
    this.#opened.push(driver);
    return driver;
  }

  /** This moment, for a call to a driver. */
  at(): Moment {
    return { now: this.#now(), deadline: monotonicNow() + 30_000 };
  }

  /** A key, or the name of a tag, of this case. */
  key(name: string): string {
    return this.prefix + name;
  }

  put(name: string, value: string, more: Partial<Put> = {}): Put {
    return { key: this.key(name), value, expiresAt: null, ...more };
  }

  async value(name: string): Promise<string | null> {
    const [entry] = await this.driver.read([this.key(name)], this.at());
    return entry?.value ?? null;
  }

  /** All that a tag or a prefix lists, in order. */
  async listed(
    where: { tag: string; shared?: boolean } | { prefix: string },
    limit = 100,
  ): Promise<string[]> {
    const place =
      'prefix' in where
        ? { prefix: this.key(where.prefix) }
        : {
            tag: {
              name: this.key(where.tag),
              ...(where.shared === undefined ? {} : { shared: where.shared }),
            },
          };
    const items = new Set<string>();
    for (let after: string | undefined; ;) {
      const page = await this.driver.list(place, { after, limit }, this.at());
      for (const item of page.items) items.add(item);
      if (page.next === null) return [...items].toSorted();
      after = page.next;
    }
  }

  /** Deletes what the case has stored, so that the next ones find the store as small as it was. */
  async tidy(): Promise<void> {
    if (!this.supports.scan) return;
    for (let after: string | undefined; ;) {
      const page = await this.driver.list({ prefix: this.prefix }, { after, limit: 500 }, this.at());
      for (let i = 0; i < page.items.length; i += 500) {
        const deletes = page.items.slice(i, i + 500).map((key) => ({ key }));
        await this.driver.commit({ deletes }, this.at());
      }
      if (page.next === null || page.next === after) return;
      after = page.next;
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#opened.map((one) => one.close()));
  }

  /** Whether prefixes may hold any braces: the gateway's layout takes one `{hashTag}`. */
  get bracesInPrefix(): boolean {
    return this.#backend.layout !== 'gateway';
  }

  /** The cases say how long a code lives by default, and mean a minute. */
  get #layout(): DatabaseOptions {
    const { layout } = this.#backend;
    return layout === 'gateway' ? { layout, lifetimes: { code: 60_000 } } : {};
  }

  #make(driver: Driver, options: DatabaseOptions): OAuthDatabase {
    const whole = {
      keyPrefix: `${this.prefix}held:`,
      serverKeyPrefix: `${this.prefix}issued:`,
      commandTimeout: 30_000,
      now: this.#now,
      ...this.#layout,
      ...options,
    };
    return this.#backend.database?.(driver, whole) ?? new DriverDatabase(driver, whole);
  }

  readonly #now = (): number => (this.supports.clock ? this.clock.now() : Date.now());
}
