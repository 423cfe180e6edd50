import { failures } from '@oauthdb/test-redis/failures';
import { nodeRedisDriver, RedisOAuthDatabase } from '../src/index.ts';

failures({ database: (options) => new RedisOAuthDatabase(options), driver: nodeRedisDriver });
