export type { Ioredis } from '@oauthdb/redis-driver';
export { ioredisDriver, redisInspector, RedisOAuthDatabase } from './redis-oauth-database.ts';
export type { RedisOAuthDatabaseOptions } from './redis-oauth-database.ts';
export { redisOptionsFromEnv } from '@oauthdb/redis-driver';
