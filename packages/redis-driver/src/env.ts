import type { RedisOptions } from './options.ts';

/**
 * The options that stand in `REDIS_URL`, `REDIS_PASSWORD`, `REDIS_DB` and `REDIS_KEY_PREFIX`; an empty variable counts as unset.
 *
 * @throws TypeError if `REDIS_DB` is no number.
 * @example
 * const db = new RedisOAuthDatabase(redisOptionsFromEnv());
 */
export function redisOptionsFromEnv(env: NodeJS.ProcessEnv = process.env): RedisOptions {
  const { REDIS_URL: url, REDIS_PASSWORD: password, REDIS_DB: db, REDIS_KEY_PREFIX: keyPrefix } = env;
  if (db && !/^\d+$/.test(db)) throw new TypeError('REDIS_DB must be a whole number');
  return {
    ...(url ? { url } : {}),
    ...(password ? { password } : {}),
    ...(db ? { db: Number(db) } : {}),
    ...(keyPrefix ? { keyPrefix } : {}),
  };
}
