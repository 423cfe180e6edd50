import type { SqliteForeignFile } from '@oauthdb/sqlite';
import { load } from '../../adapters.ts';
import type { Found, Reader } from './found.ts';

const TABLE = 'keyv';

/** How many rows are held at a time. */
const PIECE = 100;

/** A place in the table, a key, a value, a namespace, and when it ends. */
type Row = readonly [rowid: number, key: string, value: unknown, namespace: string | null, expires: unknown];

/**
 * The table in which Keyv keeps its entries in SQLite. Until Keyv 5 the namespace is a part of the key; since 6 it is beside it, where it
 * need not be.
 */
export class KeyvTable implements Reader {
  readonly #path: string;
  readonly #prefix: string | undefined;
  readonly #timeoutMs: number;
  #opened: Promise<SqliteForeignFile> | undefined;

  /** @param prefix - the namespace and a colon; empty: no namespace. Default: that of Keyv where nothing else is said. */
  constructor(path: string, prefix: string | undefined, timeoutMs: number) {
    this.#path = path;
    this.#prefix = prefix;
    this.#timeoutMs = timeoutMs;
  }

  async *pieces(): AsyncGenerator<readonly Found[], void, undefined> {
    const file = await (this.#opened ??= this.#open());
    const columns = (await file.rows(`SELECT name FROM pragma_table_info('${TABLE}')`)).flat();
    const isBeside = columns.includes('namespace');
    const prefix = this.#prefix ?? (isBeside ? '' : 'keyv:');
    const named = (column: string): string => (columns.includes(column) ? column : 'NULL');
    const sql = `SELECT rowid, key, value, ${named('namespace')}, ${named('expires')} FROM ${TABLE}
      WHERE rowid > ? ORDER BY rowid LIMIT ${PIECE}`;
    for (let after = -Infinity; ;) {
      const rows = (await file.rows(sql, after)) as Row[];
      if (rows.length === 0) return;
      yield rows.map((row) => foundIn(row, prefix)).filter((one) => one !== null);
      after = (rows.at(-1) as Row)[0];
    }
  }

  async close(): Promise<void> {
    await (await this.#opened)?.close();
  }

  async #open(): Promise<SqliteForeignFile> {
    const { SqliteForeignFile: File } = await load("Keyv's data in SQLite", '@oauthdb/sqlite');
    return new File(this.#path, this.#timeoutMs);
  }
}

/** `null` for what is of another namespace. */
function foundIn([, key, value, namespace, expires]: Row, prefix: string): Found | null {
  const before = namespace === null ? key.slice(0, prefix.length) : namespace === '' ? '' : `${namespace}:`;
  if (before !== prefix) return null;
  return {
    name: namespace === null ? key.slice(prefix.length) : key,
    content: typeof value === 'string' ? { type: 'string', text: value } : { type: 'other' },
    endsAt: typeof expires === 'number' ? expires : null,
  };
}
