import { randomUUID } from 'node:crypto';
import type { Effect } from '../calls.ts';
import type { Change, Committed, Moment, Put, Tag } from '../driver.ts';
import { OAuthDatabaseError } from '../error.ts';
import { afterPart } from '../partly.ts';
import type { Kind } from './keys.ts';
import { NEVER } from './layouts/gateway-fields.ts';
import { sharedGrantOf } from './layouts/gateway-record.ts';
import { checkFinite, type ResolvedLifetimes } from './lifetimes.ts';
import { expiryOf } from './record-input.ts';
import { isLive } from './record-life.ts';
import { RecordReader, type Found, type RecordReaderParts } from './record-reader.ts';
import type { Life } from './records.ts';

/** How long a repeat of a consumption must be recognised, whatever life was left. */
export const REMEMBER_MS = 60_000;

/** How often a change is tried again because somebody else's came first; each loss is somebody's success. */
export const TRIES = 100;

export interface RecordStoreParts extends RecordReaderParts {
  readonly lifetimes: ResolvedLifetimes;
  readonly lapsingClients: boolean;
}

/** What the issued kinds share: records under keys, that say themselves when they end. */
export class RecordStore extends RecordReader {
  readonly lifetimes: ResolvedLifetimes;
  readonly lapsingClients: boolean;

  constructor(parts: RecordStoreParts) {
    super(parts);
    this.lifetimes = parts.lifetimes;
    this.lapsingClients = parts.lapsingClients;
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
   * Deletes a record, and remembers that it was there, for as long as it would have lived: no import brings it back. Gives whether it
   * was there. One round trip; its lists forget it right after, where that is one step, and else
   * when it would have expired. Until then a listing passes over it.
   */
  async deleteOne(operation: string, kind: Kind, id: string): Promise<boolean> {
    const key = this.keys.of(kind, id);
    // Sent in one turn, and answered in this order.
    const reading = this.calls.run(operation, 'read', (at) => this.driver.read([key], at));
    const deleting = this.calls.run(operation, 'idempotent', async (at, repeated) => {
      const { deleted } = await this.driver.commit({ deletes: [{ key, remembered: true }] }, at);
      return deleted > 0 || repeated;
    });
    // Whoever waits below gets the failure.
    reading.catch(() => {});
    const deleted = await deleting;
    const [entry] = await (deleted ? afterPart(operation, () => reading) : reading);
    if (entry === null || entry === undefined) return deleted;
    const record = this.decodeIfReadable(kind, key, entry.value);
    // The backend may have kept it beyond its end.
    if (record !== null && !isLive(record, this.now())) return false;
    if (!this.driver.supports.transactions) return deleted;
    const tags = record === null ? [] : this.tagsOf(kind, id, record);
    const forget = { checks: [{ key, version: null }], deletes: [{ key, tags }] };
    // A list that shows too much is harmless, and trims itself: nobody waits for this, and nobody minds when it fails.
    this.calls.run(operation, 'idempotent', (at) => this.driver.commit(forget, at)).catch(() => {});
    return deleted;
  }

  /**
   * Deletes a record unless it has changed since it was read: whether it did, or was found gone when a lost reply had it repeat.
   *
   * @param remembered - as {@link deleteOne} does.
   */
  deleteFound(
    operation: string,
    { kind, id, key, version, record }: Found,
    remembered: boolean,
  ): Promise<boolean> {
    const deletes = [{ key, tags: this.tagsOf(kind, id, record), remembered }];
    const change = { checks: [{ key, version }], deletes };
    return this.calls.run(operation, 'idempotent', async (at, repeated) => {
      const { committed } = await this.driver.commit(change, at);
      if (committed || !repeated) return committed;
      const [entry] = await this.driver.read([key], at);
      return entry === null;
    });
  }

  /** When a record that is stored `now` ends: as it says, or after the lifetime of its kind. */
  expiryOf(
    kind: keyof ResolvedLifetimes,
    { expires_at: when }: Life,
    name: string,
    now: number = this.now(),
  ): number | null {
    return expiryOf(when, this.lifetimes[kind], now, `${name}.expires_at`);
  }

  /** The same for what must not live for long. */
  shortExpiryOf(kind: 'state' | 'code', life: Life, name: string): number {
    return checkFinite(this.expiryOf(kind, life, name), this.now(), `${name}.expires_at`);
  }

  /** The grant of a record that names none. */
  newGrant(record: Readonly<Record<string, unknown>>): string {
    return this.isShared ? sharedGrantOf(record) : randomUUID();
  }

  /** What stores a record until its expiry, under the lists that it says. */
  put(kind: Kind, id: string, record: object, expiresAt: number | null, bound?: readonly string[]): Put {
    // Another program would take the token for one that is good.
    const isRotated = this.isShared && 'rotated_at' in record;
    const key = this.keyOf({ kind, id, isRotated });
    const end = expiresAt ?? (this.isShared && kind === 'refresh' ? NEVER * 1000 : null);
    return {
      key,
      value: this.codec.encode(key, record, bound),
      expiresAt: end === null ? null : end + this.slack,
      tags: this.tagsOf(kind, id, record),
    };
  }

  tagsOf(kind: Kind, id: string, record: object): Tag[] {
    return this.keys.tagsOf(kind, id, record);
  }
}

export function contended(operation: string): OAuthDatabaseError {
  return new OAuthDatabaseError('OAUTHDB_UNAVAILABLE', 'others kept changing the record', {
    operation,
    outcome: 'not_executed',
  });
}
