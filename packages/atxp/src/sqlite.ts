export type { OAuthRecord, OAuthRecords } from './oauth-record.ts';
export { SqliteOAuthDb } from './sqlite-oauth-db.ts';
export type { OAuthDbConfig } from './sqlite-oauth-db.ts';
export type { SQLiteDatabase, SQLiteStatement } from './sqlite-platform.ts';
export { atxpSqliteSource } from './sqlite-source.ts';
export type { AtxpSqliteSource, AtxpSqliteSourceOptions } from './sqlite-source.ts';
