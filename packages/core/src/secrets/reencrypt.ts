import type { Calls } from '../calls.ts';
import type { Driver, Moment, Tag } from '../driver.ts';
import { isOAuthDatabaseError } from '../error.ts';
import { Pages } from '../pages.ts';
import type { ProgressOptions } from '../progress.ts';
import type { KeyRing } from './key-ring.ts';

const OPERATION = 'reencrypt';

/** How many values are held at a time. */
const BATCH = 100;

/** How often a value is tried again because somebody else's came first. */
const TRIES = 100;

export interface ReencryptOptions extends ProgressOptions {
  /** Whether to look only, and say what would be done. Default `false`. */
  readonly dryRun?: boolean | undefined;
}

/** What became of the values that are stored. */
export interface Reencrypted {
  /** How many there were; one may be counted twice when others are stored or deleted meanwhile. */
  readonly examined: number;
  /** How many of them are sealed under the first key only now. */
  readonly rewritten: number;
  /** How many of them were not, and could not be read: they are left as they are. */
  readonly unreadable: number;
}

/** What lies under one prefix. */
export interface Region {
  readonly prefix: string;
  /** Whether this is the key of a value: a backend may keep other things under the prefix. */
  holds(key: string): boolean;
  /** What must be said of a text to store it again. @throws OAuthDatabaseError for one that does not belong there. */
  describe(key: string, text: string): Described;
}

export interface Described {
  readonly tags?: readonly Tag[];
  readonly guarded?: readonly (readonly [name: string, value: string])[];
}

/** Seals what is stored under the first key of a ring, value by value, each unless it is changed meanwhile. */
export class Reencryption {
  readonly #driver: Driver;
  readonly #calls: Calls;
  readonly #pages: Pages;
  readonly #keyRing: KeyRing;

  constructor(driver: Driver, calls: Calls, keyRing: KeyRing) {
    this.#driver = driver;
    this.#calls = calls;
    this.#pages = new Pages(driver, calls);
    this.#keyRing = keyRing;
  }

  async run(
    regions: readonly Region[],
    { dryRun = false, onProgress = () => {} }: ReencryptOptions,
  ): Promise<Reencrypted> {
    this.#pages.refuseWithoutScan(OPERATION);
    const total = { examined: 0, rewritten: 0, unreadable: 0 };
    if (!this.#keyRing.seals) return total;
    for (const region of regions) {
      for await (const listed of this.#pages.all(OPERATION, { prefix: region.prefix }, BATCH)) {
        const keys = listed.filter((key) => region.holds(key));
        if (keys.length === 0) continue;
        const { rewritten, unreadable } = await this.#rewrite(region, keys, dryRun);
        total.examined += keys.length;
        total.rewritten += rewritten;
        total.unreadable += unreadable;
        onProgress(total.examined);
      }
    }
    return total;
  }

  async #rewrite(
    region: Region,
    keys: readonly string[],
    dryRun: boolean,
  ): Promise<{ rewritten: number; unreadable: number }> {
    // A run that is repeated finds nothing to do where an earlier one came through.
    const tally = { dryRun, rewritten: new Set<string>(), unreadable: new Set<string>() };
    let left = keys;
    for (let tries = 0; left.length > 0 && tries < TRIES; tries++) {
      const some = left;
      left = await this.#calls.run(OPERATION, 'idempotent', (at) => this.#attempt(region, some, at, tally));
    }
    return { rewritten: tally.rewritten.size, unreadable: tally.unreadable.size };
  }

  /** The keys that were changed meanwhile, and must be looked at again. */
  async #attempt(
    region: Region,
    keys: readonly string[],
    at: Moment,
    tally: { readonly dryRun: boolean; readonly rewritten: Set<string>; readonly unreadable: Set<string> },
  ): Promise<string[]> {
    const entries = await this.#driver.read(keys, at);
    const due = keys.flatMap((key, i) => {
      const entry = entries[i];
      return entry === null || entry === undefined || this.#keyRing.isCurrent(entry.value)
        ? []
        : [{ key, ...entry }];
    });
    if (due.length === 0) return [];
    const lives = await this.#driver.timeLeft(
      due.map(({ key }) => key),
      at,
    );
    const lost: string[] = [];
    const rewrite = async ({ key, value, version }: (typeof due)[number], i: number): Promise<void> => {
      const life = lives[i] ?? 0;
      // It has just ended.
      if (life <= 0) return;
      const sealed = this.#sealedAnew(region, key, value);
      if (sealed === null) {
        tally.unreadable.add(key);
        return;
      }
      if (tally.dryRun) {
        tally.rewritten.add(key);
        return;
      }
      const put = { key, ...sealed, expiresAt: life === Infinity ? null : at.now + life };
      const { committed } = await this.#driver.commit({ checks: [{ key, version }], puts: [put] }, at);
      if (committed) tally.rewritten.add(key);
      else lost.push(key);
    };
    await Promise.all(due.map(rewrite));
    return lost;
  }

  /** The same text under the first key; `null` when it cannot be read. */
  #sealedAnew(region: Region, key: string, value: string): { value: string; tags: readonly Tag[] } | null {
    try {
      const text = this.#keyRing.open(key, value);
      const { tags = [], guarded } = region.describe(key, text);
      return { value: this.#keyRing.seal(key, text, guarded), tags };
    } catch (error) {
      if (isOAuthDatabaseError(error)) return null;
      throw error;
    }
  }
}
