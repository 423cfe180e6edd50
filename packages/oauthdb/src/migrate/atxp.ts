import { load } from '../adapters.ts';
import { open, type OpenOptions } from '../open.ts';
import { parseUrl } from '../url.ts';
import type { MigrationSource } from './migration-source.ts';

/** Under which prefix ATXP's class keeps its data on Redis. */
const PREFIX = 'oauth:';

/** Opens what ATXP's own classes have stored: a file of `SqliteOAuthDb`, or the keys of `RedisOAuthDb`. Nothing is written to it. */
export async function openAtxp(
  url: string,
  { keyPrefix = PREFIX, commandTimeout, redis }: OpenOptions,
): Promise<MigrationSource & AsyncDisposable> {
  const target = parseUrl(url);
  if (target.kind === 'sqlite') {
    const { atxpSqliteSource } = await load("ATXP's data", '@oauthdb/atxp/sqlite');
    return atxpSqliteSource(target.path, { commandTimeout });
  }
  const { atxpSource } = await load("ATXP's data", '@oauthdb/atxp');
  // Nothing is issued: it only must not begin with the prefix above, nor the other way round.
  const serverKeyPrefix = `${keyPrefix.startsWith('!') ? '~' : '!'}unused:`;
  const db = await open(url, { keyPrefix, serverKeyPrefix, commandTimeout, redis });
  return { ...atxpSource(db), [Symbol.asyncDispose]: () => db.close() };
}
