export { redisOptionsFromEnv } from '@oauthdb/redis-driver';
export type { IoredisCluster } from './ioredis-cluster.ts';
export type { NodeRedisCluster } from './node-redis-cluster.ts';
export type { RedisClusterOAuthDatabaseOptions } from './options.ts';
export {
  RedisClusterOAuthDatabase,
  redisClusterDriver,
  redisClusterInspector,
} from './redis-cluster-oauth-database.ts';
