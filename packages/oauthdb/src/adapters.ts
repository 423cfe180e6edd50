import { OAuthDatabaseError } from '@oauthdb/core';
import type * as atxp from '@oauthdb/atxp';
import type * as atxpSqlite from '@oauthdb/atxp/sqlite';
import type * as ioredis from '@oauthdb/ioredis';
import type * as nodeRedis from '@oauthdb/node-redis';
import type * as redisCluster from '@oauthdb/redis-cluster';
import type * as sqlite from '@oauthdb/sqlite';

interface Adapters {
  '@oauthdb/sqlite': typeof sqlite;
  '@oauthdb/ioredis': typeof ioredis;
  '@oauthdb/node-redis': typeof nodeRedis;
  '@oauthdb/redis-cluster': typeof redisCluster;
  '@oauthdb/atxp': typeof atxp;
  '@oauthdb/atxp/sqlite': typeof atxpSqlite;
}

// Imported when a URL asks for one, so that an application installs what it uses. The `catch` stands right there for bundlers,
// which then take the package for optional.
const adapters: { [N in keyof Adapters]: () => Promise<Adapters[N] | undefined> } = {
  '@oauthdb/sqlite': () => import('@oauthdb/sqlite').catch(nothingIfMissing),
  '@oauthdb/ioredis': () => import('@oauthdb/ioredis').catch(nothingIfMissing),
  '@oauthdb/node-redis': () => import('@oauthdb/node-redis').catch(nothingIfMissing),
  '@oauthdb/redis-cluster': () => import('@oauthdb/redis-cluster').catch(nothingIfMissing),
  '@oauthdb/atxp': () => import('@oauthdb/atxp').catch(nothingIfMissing),
  '@oauthdb/atxp/sqlite': () => import('@oauthdb/atxp/sqlite').catch(nothingIfMissing),
};

/** What to install for each adapter: its package, and what that needs beside it. */
const packages: Readonly<Record<keyof Adapters, string>> = {
  '@oauthdb/sqlite': '@oauthdb/sqlite better-sqlite3',
  '@oauthdb/ioredis': '@oauthdb/ioredis ioredis',
  '@oauthdb/node-redis': '@oauthdb/node-redis redis',
  '@oauthdb/redis-cluster': '@oauthdb/redis-cluster ioredis',
  '@oauthdb/atxp': '@oauthdb/atxp',
  '@oauthdb/atxp/sqlite': '@oauthdb/atxp better-sqlite3',
};

/** The first of the named adapters that is installed; where none is, `OAUTHDB_CONFIG` says what to install. */
export async function load<N extends keyof Adapters>(
  form: string,
  ...names: readonly N[]
): Promise<Adapters[N]> {
  for (const name of names) {
    const adapter = await adapters[name]();
    if (adapter !== undefined) return adapter;
  }
  const commands = names.map((name) => `npm install ${packages[name]}`);
  throw configError(`${form} needs a package: ${commands.join('  or  ')}`);
}

function nothingIfMissing(error: unknown): undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') return;
  throw configError('an installed adapter cannot be loaded', error);
}

function configError(message: string, cause?: unknown): OAuthDatabaseError {
  return new OAuthDatabaseError('OAUTHDB_CONFIG', message, {
    operation: 'open',
    outcome: 'not_executed',
    cause,
  });
}
