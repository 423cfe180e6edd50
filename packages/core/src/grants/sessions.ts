import { attempt } from '../attempt.ts';
import { checkKey } from '../input.ts';
import { listed, listedPage, type Listing, type PageOptions, type RecordPage } from './listing.ts';
import { listsOf } from './owner.ts';
import { checkOptionalId, checkRecord, isoOf } from './record-input.ts';
import type { Life, Session, SessionData, When } from './records.ts';
import { contended, TRIES, type RecordStore } from './record-store.ts';

/** Sessions of users, under ids that are secrets. */
export class Sessions {
  readonly #records: RecordStore;

  constructor(records: RecordStore) {
    this.#records = records;
  }

  /** Stores a session, in place of the one that was there, for a day unless it says otherwise. One round trip. */
  async store(sessionId: string, data: SessionData & Life): Promise<Session> {
    const id = this.#id(sessionId);
    const record = checkRecord(data, 'data');
    checkOptionalId(record, 'username', 'data');
    const now = this.#records.now();
    const expiresAt = this.#records.expiryOf('session', data, 'data', now);
    const createdAt = record['created_at'] ?? isoOf(now);
    const stored = { ...record, created_at: createdAt, handle: id, expires_at: isoOf(expiresAt) };
    await this.#records.commit('sessions.store', 'idempotent', () => ({
      puts: [this.#records.put('session', id, stored, expiresAt)],
    }));
    return stored as unknown as Session;
  }

  /** Retrieves a session; `null` when there is none, or no longer. One round trip. */
  get(sessionId: string): Promise<Session | null> {
    return attempt(() => this.#records.readRecord('sessions.get', 'session', this.#id(sessionId)));
  }

  /**
   * Gives a live session a new expiry, a day from now where none is named; `null` when there is no session any more: it is never
   * brought back, whoever deletes it meanwhile. Two round trips.
   */
  async touch(sessionId: string, expiresAt?: When): Promise<Session | null> {
    const id = this.#id(sessionId);
    const at = this.#records.expiryOf('session', { expires_at: expiresAt }, 'session');
    for (let tries = 0; tries < TRIES; tries++) {
      const found = await this.#records.readOne('sessions.touch', 'session', id);
      if (found === null) return null;
      const touched = { ...found.record, expires_at: isoOf(at) };
      const { committed } = await this.#records.commit('sessions.touch', 'idempotent', () => ({
        checks: [{ key: found.key, version: found.version }],
        puts: [this.#records.put('session', id, touched, at)],
      }));
      if (committed) return touched as unknown as Session;
    }
    throw contended('sessions.touch');
  }

  /** Deletes a session: `true` if it was there. One round trip. No import brings it back. */
  async delete(sessionId: string): Promise<boolean> {
    return this.#records.deleteOne('sessions.delete', 'session', this.#id(sessionId));
  }

  /** All live sessions of a user. */
  list({ username }: { readonly username: string }): AsyncIterable<Session> {
    return listed<Session>(this.#records, 'sessions.list', this.#listing(username));
  }

  /** One page of {@link list}. */
  listPage({ username }: { readonly username: string }, page?: PageOptions): Promise<RecordPage<Session>> {
    return listedPage<Session>(this.#records, 'sessions.listPage', this.#listing(username), page);
  }

  #listing(username: string): Listing {
    return { owner: listsOf(this.#records.keys, { username }), kind: 'session' };
  }

  #id(sessionId: string): string {
    return this.#records.keys.handle('session', checkKey(sessionId, 'sessionId'));
  }
}
