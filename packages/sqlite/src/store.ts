import type {
  BackendInfo,
  Change,
  Committed,
  Delete,
  Page,
  PageRequest,
  Put,
  Take,
  Taken,
  Where,
} from '@oauthdb/core';
import type { SqliteClient, SqliteStatement } from './client.ts';
import { endOfPrefix, justBehind } from './key-range.ts';

interface Row {
  readonly id: number;
  readonly value: string;
  /** Epoch milliseconds; `null` for ever. */
  readonly expires_at: number | null;
}

/** What a `take` found. */
interface Found {
  readonly taken: Taken;
  /** The entry that the attempt has to delete; `null` where there is none, or it has done so before. */
  readonly entry: Row | null;
}

/** Whose attempt it was that something was deleted and is remembered: no attempt is called so. */
const NOBODY = '';

const LIVE = '(expires_at IS NULL OR expires_at > ?)';

/**
 * The statements of the driver, prepared once. All of it is synchronous, and what writes runs inside {@link Store.begin} and
 * {@link Store.commit}, so that nothing comes between a check and the write.
 */
export class Store {
  readonly #begin: SqliteStatement;
  readonly #commit: SqliteStatement;
  readonly #value: SqliteStatement;
  readonly #expiry: SqliteStatement;
  readonly #row: SqliteStatement;
  readonly #put: SqliteStatement;
  readonly #putListed: SqliteStatement;
  readonly #tag: SqliteStatement;
  readonly #delete: SqliteStatement;
  readonly #deleteById: SqliteStatement;
  readonly #marker: SqliteStatement;
  readonly #mark: SqliteStatement;
  readonly #keys: SqliteStatement;
  readonly #allKeys: SqliteStatement;
  readonly #members: SqliteStatement;
  readonly #tags: SqliteStatement;
  readonly #allTags: SqliteStatement;
  readonly #version: SqliteStatement;
  readonly #bytes: SqliteStatement;
  readonly #hasExpired: SqliteStatement;
  readonly #sweepEntries: SqliteStatement;
  readonly #sweepTaken: SqliteStatement;

  constructor(db: SqliteClient) {
    const query = (sql: string): SqliteStatement => db.prepare(sql).safeIntegers(false);
    this.#begin = db.prepare('BEGIN IMMEDIATE');
    this.#commit = db.prepare('COMMIT');
    this.#value = query(`SELECT value FROM entry WHERE key = ? AND ${LIVE}`).pluck();
    this.#expiry = query(`SELECT expires_at FROM entry WHERE key = ? AND ${LIVE}`).raw();
    this.#row = query(`SELECT id, value, expires_at FROM entry WHERE key = ? AND ${LIVE}`);
    const put = `INSERT INTO entry (key, expires_at, value) VALUES (?, ?, ?)
      ON CONFLICT (key) DO UPDATE SET expires_at = excluded.expires_at, value = excluded.value`;
    this.#put = db.prepare(put);
    // To ask for the id costs a fifth more.
    this.#putListed = query(`${put} RETURNING id`).pluck();
    this.#tag = db.prepare('INSERT OR IGNORE INTO tag (name, member, entry) VALUES (?, ?, ?)');
    this.#delete = db.prepare(`DELETE FROM entry WHERE key = ? AND ${LIVE}`);
    this.#deleteById = db.prepare('DELETE FROM entry WHERE id = ?');
    this.#marker = query('SELECT attempt, value FROM taken WHERE key = ? AND expires_at > ?');
    this.#mark = db.prepare(
      'INSERT OR REPLACE INTO taken (key, expires_at, attempt, value) VALUES (?, ?, ?, ?)',
    );
    this.#keys = query(
      'SELECT key, expires_at FROM entry WHERE key >= ? AND key < ? ORDER BY key LIMIT ?',
    ).raw();
    this.#allKeys = query('SELECT key, expires_at FROM entry WHERE key >= ? ORDER BY key LIMIT ?').raw();
    // A member is listed as long as one of its entries lives. CROSS JOIN keeps the order of the tables.
    this.#members = query(
      `SELECT member, max(coalesce(expires_at, 9e999)) FROM tag CROSS JOIN entry ON entry.id = tag.entry
       WHERE name = ? AND member >= ? GROUP BY member ORDER BY member LIMIT ?`,
    ).raw();
    this.#tags = query(
      'SELECT DISTINCT name FROM tag WHERE name >= ? AND name < ? ORDER BY name LIMIT ?',
    ).pluck();
    this.#allTags = query('SELECT DISTINCT name FROM tag WHERE name >= ? ORDER BY name LIMIT ?').pluck();
    this.#version = query('SELECT sqlite_version()').pluck();
    this.#bytes = query('SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()').pluck();
    this.#hasExpired = query(
      `SELECT EXISTS (SELECT 1 FROM entry WHERE expires_at <= ?) OR EXISTS (SELECT 1 FROM taken WHERE expires_at <= ?)`,
    ).pluck();
    this.#sweepEntries = db.prepare(
      `DELETE FROM entry WHERE id IN (SELECT id FROM entry WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)`,
    );
    this.#sweepTaken = db.prepare(
      `DELETE FROM taken WHERE id IN (SELECT id FROM taken WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)`,
    );
  }

  begin(): void {
    this.#begin.run();
  }

  commit(): void {
    this.#commit.run();
  }

  /** `undefined` where there is no entry. */
  value(key: string, now: number): string | undefined {
    return this.#value.get(key, now) as string | undefined;
  }

  /** Milliseconds; `Infinity` for ever, `null` where there is no entry. */
  timeLeft(key: string, now: number): number | null {
    const row = this.#expiry.get(key, now) as [number | null] | undefined;
    if (row === undefined) return null;
    return row[0] === null ? Infinity : row[0] - now;
  }

  take(take: Take, now: number): Taken {
    const { taken, entry } = this.#look(take, now);
    if (entry !== null) this.#use(take, entry, now);
    return taken;
  }

  apply({ take, checks = [], deletes = [], puts = [] }: Change, now: number): Committed {
    const found = take === undefined ? null : this.#look(take, now);
    if (found !== null && found.taken.status !== 'taken') return { committed: false, deleted: 0 };
    // This attempt has been here before, and that run was all of it.
    if (found !== null && found.entry === null) return { committed: true, deleted: 0 };
    for (const { key, version, unused } of checks) {
      if ((this.value(key, now) ?? null) !== version) return { committed: false, deleted: 0 };
      if (unused === true && this.#marker.get(key, now) !== undefined)
        return { committed: false, deleted: 0 };
    }
    if (take !== undefined && found !== null && found.entry !== null) this.#use(take, found.entry, now);
    let deleted = 0;
    for (const one of deletes) deleted += this.#remove(one, now);
    for (const put of puts) this.#store(put);
    return { committed: true, deleted };
  }

  /** A page looks at `limit` rows and no more, however many of them have expired: it may be empty and not the last. */
  page(where: Where, { after, limit }: PageRequest, now: number): Page {
    const rows = this.#rows(where, after, limit) as (readonly [string, number | null])[];
    const items = rows.filter(([, expiresAt]) => expiresAt === null || expiresAt > now).map(([item]) => item);
    const last = rows.at(-1);
    return { items, next: last === undefined || rows.length < limit ? null : last[0] };
  }

  /** A page of the lists that begin with `prefix`, among them those whose members have expired and were not yet cleared away. */
  tags(prefix: string, { after, limit }: PageRequest): Page {
    const first = after === undefined ? prefix : justBehind(after);
    const end = endOfPrefix(prefix);
    const items = (
      end === null ? this.#allTags.all(first, limit) : this.#tags.all(first, end, limit)
    ) as string[];
    return { items, next: items.length < limit ? null : (items.at(-1) ?? null) };
  }

  describe(): BackendInfo {
    return { version: String(this.#version.get()), usedBytes: Number(this.#bytes.get()) };
  }

  /** Deletes up to `limit` rows of what has expired: whether there may be more. */
  sweep(now: number, limit: number): boolean {
    // A DELETE that finds nothing still costs ten times as much as this look.
    if (this.#hasExpired.get(now, now) === 0) return false;
    const { changes } = this.#sweepEntries.run(now, limit);
    if (changes === limit) return true;
    return this.#sweepTaken.run(now, limit - changes).changes === limit - changes;
  }

  #look({ key, attempt, containing }: Take, now: number): Found {
    const entry = this.#row.get(key, now) as Row | undefined;
    if (entry !== undefined) {
      if (containing !== undefined && !entry.value.includes(containing)) {
        return { taken: { status: 'refused' }, entry: null };
      }
      return { taken: { status: 'taken', value: entry.value }, entry };
    }
    const marker = this.#marker.get(key, now) as { attempt: string; value: string } | undefined;
    if (marker === undefined) return { taken: { status: 'absent' }, entry: null };
    return {
      taken: { status: marker.attempt === attempt ? 'taken' : 'used', value: marker.value },
      entry: null,
    };
  }

  /** Deletes what is taken and remembers by whom: as long as it would have lived, and at least as long as was asked for. */
  #use({ key, attempt, rememberMs }: Take, { id, value, expires_at }: Row, now: number): void {
    this.#deleteById.run(id);
    this.#mark.run(key, Math.max(now + rememberMs, expires_at ?? 0), attempt, value);
  }

  /** How many rows it was. */
  #remove({ key, remembered }: Delete, now: number): number {
    const life = remembered === true ? this.timeLeft(key, now) : null;
    if (life !== null) this.#mark.run(key, now + life, NOBODY, '');
    return this.#delete.run(key, now).changes;
  }

  #store({ key, value, expiresAt, tags = [] }: Put): void {
    if (tags.length === 0) {
      this.#put.run(key, expiresAt, value);
      return;
    }
    const id = this.#putListed.get(key, expiresAt, value);
    for (const { name, member } of tags) this.#tag.run(name, member, id);
  }

  #rows(where: Where, after: string | undefined, limit: number): unknown[] {
    if ('tag' in where) {
      return this.#members.all(where.tag.name, after === undefined ? '' : justBehind(after), limit);
    }
    const first = after === undefined ? where.prefix : justBehind(after);
    const end = endOfPrefix(where.prefix);
    return end === null ? this.#allKeys.all(first, limit) : this.#keys.all(first, end, limit);
  }
}
