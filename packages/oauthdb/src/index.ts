export { durableKinds, exportedKinds, isOAuthDatabaseError, OAuthDatabaseError } from '@oauthdb/core';
export type { Exported, ExportedKind, Imported, ImportMode, Removed, Unreadable } from '@oauthdb/core';
export type { DatabaseOptions, OAuthDatabase, OAuthDatabaseErrorCode } from '@oauthdb/core';
export * from './backup/index.ts';
export * from './migrate/index.ts';
export { open } from './open.ts';
export type { OpenDurability, OpenOptions, OpenRedisOptions, RedisLibrary } from './open.ts';
