export type { SqliteClient, SqliteStatement } from './client.ts';
export { SqliteForeignFile } from './foreign-file.ts';
export { SqliteDriver } from './sqlite-driver.ts';
export type { SqliteDriverOptions } from './sqlite-driver.ts';
export { SqliteOAuthDatabase } from './sqlite-oauth-database.ts';
export type { SqliteOAuthDatabaseOptions } from './sqlite-oauth-database.ts';
