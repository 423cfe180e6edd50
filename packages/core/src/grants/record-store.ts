import type { Calls, Effect } from '../calls.ts';
import type { Change, Committed, Driver, Moment, Page, Put, Tag, Where } from '../driver.ts';
import { isOAuthDatabaseError, OAuthDatabaseError } from '../error.ts';
import { Pages } from '../pages.ts';
import { afterPart } from '../partly.ts';
import type { Codec } from './codec.ts';
import type { Keys, Kind } from './keys.ts';
import { withEndsOfKeys } from './layouts/ends-of-keys.ts';
import { checkFinite, type ResolvedLifetimes } from './lifetimes.ts';
import { expiryOf, isoTime } from './record-input.ts';
import type { Life } from './records.ts';

/** Names a record. */
export interface Ref {
  readonly kind: Kind;
  /** As it stands in the key: what the caller says, or the handle of a secret. */
  readonly id: string;
  /** Whether what is meant is the memory of its rotation, where that has a key of its own. */
  readonly isRotated?: boolean;
}

/** A record that was read: what it says, and the version of it that a check must name. */
export interface Found extends Ref {
  readonly key: string;
  readonly record: Record<string, unknown>;
  readonly value: string;
  readonly version: string;
}

/** A record and where it is kept. */
type Kept = Pick<Found, 'kind' | 'key' | 'record'>;

/** How many keys one command may name, so that no backend is busy with it for long. */
export const BATCH = 500;

/** How long a repeat of a consumption must be recognised, whatever life was left. */
export const REMEMBER_MS = 60_000;

/** How often a change is tried again because somebody else's came first; each loss is somebody's success. */
export const TRIES = 100;

/**
 * A clock that was passed in does not run at the pace of the backend's. The backend then keeps records for so long beyond their
 * expiry, and core alone decides.
 */
const SLACK_MS = 10 * 60_000;

export interface RecordStoreParts {
  readonly driver: Driver;
  readonly calls: Calls;
  readonly codec: Codec;
  readonly keys: Keys;
  readonly lifetimes: ResolvedLifetimes;
  readonly lapsingClients: boolean;
  /** Whether another program stores records of its own beside ours: on no list, and with no expiry but that of their keys. */
  readonly isShared: boolean;
  readonly now: () => number;
  /** Whether the clock was passed in. */
  readonly ownClock: boolean;
}

/** What the issued kinds share: records under keys, that say themselves when they end. */
export class RecordStore {
  readonly driver: Driver;
  readonly calls: Calls;
  readonly codec: Codec;
  readonly keys: Keys;
  readonly lifetimes: ResolvedLifetimes;
  readonly lapsingClients: boolean;
  readonly isShared: boolean;
  readonly #now: () => number;
  readonly #pages: Pages;
  /** How long the backend keeps a record beyond its expiry. */
  readonly #slack: number;

  constructor(parts: RecordStoreParts) {
    const { driver, calls, now, ownClock } = parts;
    this.driver = driver;
    this.calls = calls;
    this.codec = parts.codec;
    this.keys = parts.keys;
    this.lifetimes = parts.lifetimes;
    this.lapsingClients = parts.lapsingClients;
    this.isShared = parts.isShared;
    this.#now = now;
    this.#pages = new Pages(driver, calls);
    this.#slack = ownClock && !driver.supports.clock ? SLACK_MS : 0;
  }

  /** Whether what the backend still has cannot have expired by core's clock. */
  get backendExpires(): boolean {
    return this.#slack === 0;
  }

  /** The records that are alive, in the order they were named. One round trip. */
  async read(operation: string, refs: readonly Ref[]): Promise<(Found | null)[]> {
    if (refs.length === 0) return [];
    const keys = refs.map((ref) => this.keyOf(ref));
    return this.calls.run(operation, 'read', async (at) => {
      const entries = await this.driver.read(keys, at);
      const found = refs.map((ref, i): Found | null => {
        const entry = entries[i];
        const key = keys[i];
        if (entry === null || entry === undefined || key === undefined) return null;
        const record = this.decode(ref.kind, key, entry.value);
        return { ...ref, key, record, value: entry.value, version: entry.version };
      });
      return this.#alive(found, at);
    });
  }

  /**
   * The live records of one kind that are kept under these keys, if they are wanted. One round trip. What another program keeps there
   * in no form of records is passed over.
   */
  async readKeys(
    operation: string,
    kind: Kind,
    keys: readonly string[],
    wanted: (record: Record<string, unknown>) => boolean = () => true,
  ): Promise<Record<string, unknown>[]> {
    if (keys.length === 0) return [];
    return this.calls.run(operation, 'read', async (at) => {
      const entries = await this.driver.read(keys, at);
      const found = keys.flatMap((key, i) => {
        const entry = entries[i] ?? null;
        const record = entry === null ? null : this.#decodeListed(kind, key, entry.value);
        return record === null || !wanted(record) ? [] : [{ kind, key, record }];
      });
      return (await this.#alive(found, at)).flatMap((one) => (one === null ? [] : [one.record]));
    });
  }

  /** A refresh token, or what is remembered of it once it was rotated. One round trip. */
  async readRefresh(operation: string, id: string): Promise<Found | null> {
    const live: Ref = { kind: 'refresh', id };
    if (!this.isShared) return this.readOne(operation, 'refresh', id);
    const [rotated, found] = await this.read(operation, [{ ...live, isRotated: true }, live]);
    return rotated ?? found ?? null;
  }

  /** What of these is alive, in their places. */
  async #alive<T extends Kept>(found: readonly (T | null)[], at: Moment): Promise<(T | null)[]> {
    const ending = this.isShared ? await withEndsOfKeys(this.driver, found, at, this.backendExpires) : found;
    return ending.map((one) => (one !== null && isLive(one.record, at.now) ? one : null));
  }

  #decodeListed(kind: Kind, key: string, value: string): Record<string, unknown> | null {
    try {
      return this.decode(kind, key, value);
    } catch (error) {
      if (this.isShared && isOAuthDatabaseError(error) && error.code === 'OAUTHDB_CORRUPT') return null;
      throw error;
    }
  }

  keyOf({ kind, id, isRotated }: Ref): string {
    return isRotated === true ? this.keys.rotated(id) : this.keys.of(kind, id);
  }

  /** The version of whatever the backend has there, expired or not. */
  async versionOf(operation: string, key: string): Promise<string | null> {
    const [entry] = await this.calls.run(operation, 'read', (at) => this.driver.read([key], at));
    return entry?.version ?? null;
  }

  async readOne(operation: string, kind: Kind, id: string): Promise<Found | null> {
    return (await this.read(operation, [{ kind, id }]))[0] ?? null;
  }

  /** @throws OAuthDatabaseError `OAUTHDB_INTEGRITY` when the record says that it belongs elsewhere. */
  decode(kind: Kind, key: string, value: string): Record<string, unknown> {
    const record = this.codec.decode(key, value);
    const id = record[identity[kind]];
    if (typeof id === 'string' && this.keys.of(kind, id) !== key && this.keys.rotated(id) !== key) {
      // It may have been taken, and be gone.
      throw new OAuthDatabaseError('OAUTHDB_INTEGRITY', 'what is stored belongs to another key', {
        outcome: 'unknown',
      });
    }
    return record;
  }

  /** Makes a change. What would have expired before it is written is deleted instead. */
  commit(operation: string, effect: Effect, change: (at: Moment) => Change): Promise<Committed> {
    return this.calls.run(operation, effect, (at) => {
      const { puts = [], deletes = [], ...rest } = change(at);
      const dead = puts.filter(({ expiresAt }) => expiresAt !== null && expiresAt <= at.now);
      if (dead.length === 0) return this.driver.commit({ ...rest, puts, deletes }, at);
      const alive = puts.filter((put) => !dead.includes(put));
      return this.driver.commit({ ...rest, puts: alive, deletes: [...deletes, ...dead] }, at);
    });
  }

  /**
   * Deletes a record: whether it was there. One round trip; its lists forget it right after, where that is one step, and else
   * when it would have expired. Until then a listing passes over it.
   */
  async deleteOne(operation: string, kind: Kind, id: string): Promise<boolean> {
    const key = this.keys.of(kind, id);
    // Sent in one turn, and answered in this order.
    const reading = this.calls.run(operation, 'read', (at) => this.driver.read([key], at));
    const deleting = this.calls.run(operation, 'idempotent', async (at, repeated) => {
      const { deleted } = await this.driver.commit({ deletes: [{ key }] }, at);
      return deleted > 0 || repeated;
    });
    // Whoever waits below gets the failure.
    reading.catch(() => {});
    const deleted = await deleting;
    const [entry] = await (deleted ? afterPart(operation, () => reading) : reading);
    if (entry === null || entry === undefined) return deleted;
    const record = this.decodeIfReadable(kind, key, entry.value);
    // The backend may have kept it beyond its end.
    if (record !== null && !isLive(record, this.#now())) return false;
    if (!this.driver.supports.transactions) return deleted;
    const tags = record === null ? [] : this.tagsOf(kind, id, record);
    const forget = { checks: [{ key, version: null }], deletes: [{ key, tags }] };
    // A list that shows too much is harmless, and trims itself: nobody waits for this, and nobody minds when it fails.
    this.calls.run(operation, 'idempotent', (at) => this.driver.commit(forget, at)).catch(() => {});
    return deleted;
  }

  /** Deletes a record unless it has changed since it was read: whether it did, or was found gone when a lost reply had it repeat. */
  deleteFound(operation: string, { kind, id, key, version, record }: Found): Promise<boolean> {
    const change = { checks: [{ key, version }], deletes: [{ key, tags: this.tagsOf(kind, id, record) }] };
    return this.calls.run(operation, 'idempotent', async (at, repeated) => {
      const { committed } = await this.driver.commit(change, at);
      if (committed || !repeated) return committed;
      const [entry] = await this.driver.read([key], at);
      return entry === null;
    });
  }

  /** A stored record; `null` when it cannot be read: what must go can go nevertheless. */
  decodeIfReadable(kind: Kind, key: string, value: string): Record<string, unknown> | null {
    try {
      return this.decode(kind, key, value);
    } catch {
      return null;
    }
  }

  /** When a record that is stored `now` ends: as it says, or after the lifetime of its kind. */
  expiryOf(
    kind: keyof ResolvedLifetimes,
    { expires_at: when }: Life,
    name: string,
    now: number = this.#now(),
  ): number | null {
    return expiryOf(when, this.lifetimes[kind], now, `${name}.expires_at`);
  }

  /** The same for what must not live for long. */
  shortExpiryOf(kind: 'state' | 'code', life: Life, name: string): number {
    return checkFinite(this.expiryOf(kind, life, name), this.#now(), `${name}.expires_at`);
  }

  now(): number {
    return this.#now();
  }

  /** What stores a record until its expiry, under the lists that it says. */
  put(kind: Kind, id: string, record: object, expiresAt: number | null, bound?: readonly string[]): Put {
    // Another program would take the token for one that is good.
    const isRotated = this.isShared && 'rotated_at' in record;
    const key = this.keyOf({ kind, id, isRotated });
    return {
      key,
      value: this.codec.encode(key, record, bound),
      expiresAt: expiresAt === null ? null : expiresAt + this.#slack,
      tags: this.tagsOf(kind, id, record),
    };
  }

  tagsOf(kind: Kind, id: string, record: object): Tag[] {
    return this.keys.tagsOf(kind, id, record);
  }

  /** One page of a list, as the backend gives it. */
  page(operation: string, where: Where, after: string | undefined): Promise<Page> {
    return this.#pages.page(operation, where, after, BATCH);
  }

  /** The pages of a list, one after the other. */
  pages(operation: string, where: Where): AsyncGenerator<readonly string[], void, undefined> {
    return this.#pages.all(operation, where, BATCH);
  }
}

/** The member of a record that repeats what it is stored under. */
const identity: { readonly [kind in Kind]: string } = {
  client: 'client_id',
  token: 'jti',
  state: 'handle',
  code: 'handle',
  refresh: 'handle',
  session: 'handle',
};

/** Whether a record's own expiry lies ahead; one that has none, or that other software wrote otherwise, is the backend's to expire. */
export function isLive(record: Record<string, unknown>, now: number): boolean {
  const at = endOf(record);
  return at === null || at > now;
}

/**
 * When a record ends, epoch milliseconds; `null` when it does not say. Other programs write epoch seconds, some milliseconds: as
 * seconds, those of today would be many thousand years away.
 */
export function endOf({ expires_at: expiresAt }: Record<string, unknown>): number | null {
  if (typeof expiresAt === 'number') return expiresAt > 1e11 ? expiresAt : expiresAt * 1000;
  const at = typeof expiresAt === 'string' ? isoTime(expiresAt) : Number.NaN;
  return Number.isNaN(at) ? null : at;
}

/** A record that was taken, with the member that every record has: the key that said when it ends is gone. */
export function withEnd(record: Record<string, unknown>): Record<string, unknown> {
  return 'expires_at' in record ? record : { ...record, expires_at: null };
}

export function contended(operation: string): OAuthDatabaseError {
  return new OAuthDatabaseError('OAUTHDB_UNAVAILABLE', 'others kept changing the record', {
    operation,
    outcome: 'not_executed',
  });
}
