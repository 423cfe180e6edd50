import { throughSentinels } from '@oauthdb/test-redis/sentinels';
import { RedisOAuthDatabase } from '../src/index.ts';

throughSentinels({ database: (options) => new RedisOAuthDatabase(options) });
