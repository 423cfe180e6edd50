export { DEFAULT_ACCESS_TOKEN_TTL_SECONDS } from './atxp-oauth-db.ts';
export type { RedisClient } from './redis-client.ts';
export { RedisOAuthDb } from './redis-oauth-db.ts';
export type { RedisOAuthDbConfig } from './redis-oauth-db.ts';
