/** What the driver calls of a better-sqlite3 `Database`; an opened one fits, of whichever version. */
export interface SqliteClient {
  /** The path that it was opened with. */
  readonly name: string;
  readonly open: boolean;
  readonly memory: boolean;
  readonly inTransaction: boolean;
  prepare(sql: string): SqliteStatement;
  exec(sql: string): unknown;
  pragma(sql: string, options?: { readonly simple?: boolean }): unknown;
  close(): unknown;
}

/** What the driver calls of a better-sqlite3 `Statement`. */
export interface SqliteStatement {
  run(...values: unknown[]): { readonly changes: number };
  get(...values: unknown[]): unknown;
  all(...values: unknown[]): unknown[];
  pluck(): SqliteStatement;
  raw(): SqliteStatement;
  safeIntegers(on: boolean): SqliteStatement;
}

/** How better-sqlite3 opens a file. */
export type OpenClient = new (
  path: string,
  options: { readonly timeout: number; readonly fileMustExist?: boolean; readonly readonly?: boolean },
) => SqliteClient;
