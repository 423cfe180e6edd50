export { MemoryDriver } from './memory-driver.ts';
export { MemoryOAuthDatabase } from './memory-oauth-database.ts';
export type { MemoryOAuthDatabaseOptions } from './memory-oauth-database.ts';
export { MemoryStore } from './memory-store.ts';
