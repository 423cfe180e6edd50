export { DEFAULT_ACCESS_TOKEN_TTL_SECONDS } from './atxp-oauth-db.ts';
export type { OAuthRecord, OAuthRecords } from './oauth-record.ts';
export type { NodeRedisClient, RedisClient } from './redis-client.ts';
export { RedisOAuthDb } from './redis-oauth-db.ts';
export type { RedisOAuthDbConfig } from './redis-oauth-db.ts';
export { RedisOAuthDatabase } from './redis-oauth-database.ts';
export type { RedisOAuthDatabaseOptions } from './redis-oauth-database.ts';
