import { failures } from '@oauthdb/test-redis/failures';
import { ioredisDriver, RedisOAuthDatabase } from '../src/index.ts';

failures({ database: (options) => new RedisOAuthDatabase(options), driver: ioredisDriver });
