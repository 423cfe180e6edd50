export { redisOptionsFromEnv } from '@oauthdb/redis-driver';
export type { NodeRedis, NodeRedisCommandOptions } from './node-redis-client.ts';
export { nodeRedisDriver, redisInspector, RedisOAuthDatabase } from './redis-oauth-database.ts';
export type { RedisOAuthDatabaseOptions } from './redis-oauth-database.ts';
