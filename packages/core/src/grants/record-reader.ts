import type { Calls } from '../calls.ts';
import type { Driver, Entry, Moment, Page, Where } from '../driver.ts';
import { isOAuthDatabaseError, OAuthDatabaseError } from '../error.ts';
import { Pages } from '../pages.ts';
import type { Codec } from './codec.ts';
import type { Keys, Kind } from './keys.ts';
import { withEndsOfKeys } from './layouts/ends-of-keys.ts';
import { isLive } from './record-life.ts';
import type { AccessToken, Client, Session } from './records.ts';

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

/** What records are that callers get as they are stored. */
interface RecordOf {
  readonly client: Client;
  readonly token: AccessToken;
  readonly session: Session;
}

/** A record and where it is kept. */
type Kept = Pick<Found, 'kind' | 'key' | 'record'>;

/** Which of many records are wanted: by their text, as far as that tells, and then by what they say. */
export interface Wanted {
  readonly mayBe: (text: string) => boolean;
  readonly is: (record: Record<string, unknown>) => boolean;
}

const everything: Wanted = { mayBe: () => true, is: () => true };

/** How many keys one command may name, so that no backend is busy with it for long. */
export const BATCH = 500;

/**
 * A clock that was passed in does not run at the pace of the backend's. The backend then keeps records for so long beyond their
 * expiry, and core alone decides.
 */
const SLACK_MS = 10 * 60_000;

export interface RecordReaderParts {
  readonly driver: Driver;
  readonly calls: Calls;
  readonly codec: Codec;
  readonly keys: Keys;
  /** Whether another program stores records of its own beside ours: on no list, and with no expiry but that of their keys. */
  readonly isShared: boolean;
  readonly now: () => number;
  /** Whether the clock was passed in. */
  readonly ownClock: boolean;
}

/** Reads records: what lies under their keys, and what is on their lists. */
export class RecordReader {
  readonly driver: Driver;
  readonly calls: Calls;
  readonly codec: Codec;
  readonly keys: Keys;
  readonly isShared: boolean;
  readonly #now: () => number;
  readonly #pages: Pages;
  /** How long the backend keeps a record beyond its expiry. */
  readonly slack: number;

  constructor(parts: RecordReaderParts) {
    const { driver, calls, now, ownClock } = parts;
    this.driver = driver;
    this.calls = calls;
    this.codec = parts.codec;
    this.keys = parts.keys;
    this.isShared = parts.isShared;
    this.#now = now;
    this.#pages = new Pages(driver, calls);
    this.slack = ownClock && !driver.supports.clock ? SLACK_MS : 0;
  }

  /** Whether what the backend still has cannot have expired by core's clock. */
  get backendExpires(): boolean {
    return this.slack === 0;
  }

  /** The records that are alive, in the order they were named. One round trip. */
  async read(operation: string, refs: readonly Ref[]): Promise<(Found | null)[]> {
    if (refs.length === 0) return [];
    const keys = refs.map((ref) => this.keyOf(ref));
    return this.calls.run(operation, 'read', async (at) => {
      const [entries, lives] = this.isShared
        ? await Promise.all([this.driver.read(keys, at), this.#livesOf(refs, keys, at)])
        : [await this.driver.read(keys, at), undefined];
      const found = refs.map((ref, i) => this.#found(ref, keys[i] ?? '', entries[i]));
      return this.#alive(found, at, lives);
    });
  }

  #found(ref: Ref, key: string, entry: Entry | null | undefined): Found | null {
    if (entry === null || entry === undefined) return null;
    const record = this.decode(ref.kind, key, entry.value, ref.id);
    return { ...ref, key, record, value: entry.value, version: entry.version };
  }

  /** How long registrations still live, where their keys decide: asked for beside them, so that it takes no time. */
  async #livesOf(
    refs: readonly Ref[],
    keys: readonly string[],
    at: Moment,
  ): Promise<ReadonlyMap<string, number | null> | undefined> {
    if (!this.backendExpires || refs.some(({ kind }) => kind !== 'client')) return undefined;
    const lives = await this.driver.timeLeft(keys, at);
    return new Map(keys.map((key, i) => [key, lives[i] ?? null]));
  }

  /**
   * The live records of one kind that are kept under these keys, if they are wanted. One round trip. What another program keeps there
   * in no form of records is passed over.
   */
  async readKeys(
    operation: string,
    kind: Kind,
    keys: readonly string[],
    wanted: Wanted = everything,
  ): Promise<Record<string, unknown>[]> {
    if (keys.length === 0) return [];
    return this.calls.run(operation, 'read', async (at) => {
      const entries = await this.driver.read(keys, at);
      const found = keys.flatMap((key, i) => {
        const entry = entries[i] ?? null;
        if (entry === null || !wanted.mayBe(entry.value)) return [];
        const record = this.#decodeListed(kind, key, entry.value);
        return record === null || !wanted.is(record) ? [] : [{ kind, key, record }];
      });
      return (await this.#alive(found, at)).flatMap((one) => (one === null ? [] : [one.record]));
    });
  }

  /** A refresh token, or what is remembered of it once it was rotated. One round trip, or two where there is neither. */
  async readRefresh(operation: string, id: string): Promise<Found | null> {
    const live: Ref = { kind: 'refresh', id };
    if (!this.isShared) return this.readOne(operation, 'refresh', id);
    const memory: Ref = { ...live, isRotated: true };
    const [rotated, found] = await this.read(operation, [memory, live]);
    // It may have been rotated while its key was asked when it ends.
    return rotated ?? found ?? (await this.read(operation, [memory]))[0] ?? null;
  }

  /** What of these is alive, in their places. */
  #alive<T extends Kept>(
    found: readonly (T | null)[],
    at: Moment,
    lives?: ReadonlyMap<string, number | null>,
  ): (T | null)[] | Promise<(T | null)[]> {
    const alive = (all: readonly (T | null)[]): (T | null)[] =>
      all.map((one) => (one !== null && isLive(one.record, at.now) ? one : null));
    if (!this.isShared) return alive(found);
    return withEndsOfKeys(this.driver, found, at, this.backendExpires, lives).then(alive);
  }

  #decodeListed(kind: Kind, key: string, value: string): Record<string, unknown> | null {
    try {
      return this.decode(kind, key, value);
    } catch (error) {
      if (this.isShared && isOAuthDatabaseError(error) && error.code === 'OAUTHDB_CORRUPT') return null;
      throw error;
    }
  }

  /** Where it is kept. */
  keyOf({ kind, id, isRotated }: Ref): string {
    return isRotated === true ? this.keys.rotated(id) : this.keys.of(kind, id);
  }

  /** The version of whatever the backend has there, expired or not. */
  async versionOf(operation: string, key: string): Promise<string | null> {
    const [entry] = await this.calls.run(operation, 'read', (at) => this.driver.read([key], at));
    return entry?.version ?? null;
  }

  /** A live record and where it is kept. One round trip. */
  readOne(operation: string, kind: Kind, id: string): Promise<Found | null> {
    return this.#readOne(operation, { kind, id }, (found) => found);
  }

  /** What a live record says. One round trip. */
  readRecord<K extends keyof RecordOf>(operation: string, kind: K, id: string): Promise<RecordOf[K] | null> {
    return this.#readOne(operation, { kind, id }, (found) =>
      found === null ? null : (found.record as unknown as RecordOf[K]),
    );
  }

  #readOne<T>(operation: string, ref: Ref, answer: (found: Found | null) => T): Promise<T> {
    if (this.isShared) return this.read(operation, [ref]).then(([found]) => answer(found ?? null));
    const key = this.keyOf(ref);
    return this.calls.run(
      operation,
      'read',
      (at) => this.driver.read([key], at),
      (entries, at) => {
        const found = this.#found(ref, key, entries[0]);
        return answer(found !== null && isLive(found.record, at.now) ? found : null);
      },
    );
  }

  /**
   * @param expected - the id that the key was made of, where that is known.
   * @throws OAuthDatabaseError `OAUTHDB_INTEGRITY` when the record says that it belongs elsewhere.
   */
  decode(kind: Kind, key: string, value: string, expected?: string): Record<string, unknown> {
    const record = this.codec.decode(key, value);
    const id = record[identity[kind]];
    if (typeof id !== 'string' || id === expected) return record;
    if (this.keys.of(kind, id) !== key && this.keys.rotated(id) !== key) {
      // It may have been taken, and be gone.
      throw new OAuthDatabaseError('OAUTHDB_INTEGRITY', 'what is stored belongs to another key', {
        outcome: 'unknown',
      });
    }
    return record;
  }

  /** A stored record; `null` when it cannot be read: what must go can go nevertheless. */
  decodeIfReadable(kind: Kind, key: string, value: string): Record<string, unknown> | null {
    try {
      return this.decode(kind, key, value);
    } catch {
      return null;
    }
  }

  now(): number {
    return this.#now();
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
