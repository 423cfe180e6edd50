import type { Inspector } from '@oauthdb/redis-driver';
import { load } from './adapters.ts';
import { checkLibrary, connectionTo, redisAdapters, type OpenRedisOptions } from './open.ts';
import { parseUrl } from './url.ts';

export interface InspectOptions {
  readonly redis?: OpenRedisOptions | undefined;
  /** How long a command may take, in milliseconds. Default 2000. */
  readonly commandTimeout?: number | undefined;
}

/** An operator's way to the Redis that a URL names; `null` where it names something else. Connects when it is asked something. */
export async function inspect(url: string, options: InspectOptions = {}): Promise<Inspector | null> {
  const { redis: { library, ...connection } = {}, commandTimeout } = options;
  checkLibrary(library);
  const target = parseUrl(url);
  switch (target.kind) {
    case 'redis-cluster': {
      const { redisClusterInspector } = await load('redis+cluster://', '@oauthdb/redis-cluster');
      return redisClusterInspector({ commandTimeout, ...connectionTo(target, connection) });
    }
    case 'redis': {
      const names = library === undefined ? redisAdapters : [`@oauthdb/${library}` as const];
      const { redisInspector } = await load('redis://', ...names);
      return redisInspector({ commandTimeout, ...connectionTo(target, connection) });
    }
    default:
      return null;
  }
}
