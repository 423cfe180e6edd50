import { failures } from '@oauthdb/test-redis/failures';
import { RedisOAuthDatabase } from '../src/index.ts';

failures({ database: (options) => new RedisOAuthDatabase(options) });
