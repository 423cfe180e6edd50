import { createRequire } from 'node:module';
import { OAuthDatabaseError } from '@oauthdb/core';
import type { OpenClient } from './client.ts';

/** The versions that decide whether better-sqlite3 can be loaded. */
export interface Versions {
  readonly node: string;
  /** Node-API, as `process.versions.napi` gives it. */
  readonly napi: string | undefined;
  /** `undefined` where the package does not tell. */
  readonly betterSqlite3: string | undefined;
}

/** From this version on, better-sqlite3 calls what only Node-API 10 has: below that, the process dies without a message. */
const FIRST_ON_NODE_API_10 = 13;

/**
 * Loads better-sqlite3 when it is needed, so that importing this package never fails.
 *
 * Throws `OAUTHDB_CONFIG` where it is not installed, or cannot run here.
 */
export function loadBetterSqlite3(): OpenClient {
  const require = createRequire(import.meta.url);
  try {
    checkVersions({
      node: process.versions.node,
      napi: process.versions['napi'],
      betterSqlite3: installedVersion(require),
    });
    return require('better-sqlite3') as OpenClient;
  } catch (error) {
    throw error instanceof OAuthDatabaseError ? error : notLoadable(error);
  }
}

/** Throws `OAUTHDB_CONFIG` where loading that better-sqlite3 would end the process. */
export function checkVersions({ node, napi, betterSqlite3 }: Versions): void {
  const major = betterSqlite3 === undefined ? FIRST_ON_NODE_API_10 : Number.parseInt(betterSqlite3, 10);
  if (major < FIRST_ON_NODE_API_10 || Number(napi ?? 0) >= 10) return;
  throw new OAuthDatabaseError(
    'OAUTHDB_CONFIG',
    `better-sqlite3 ${major} needs Node-API 10, and Node.js ${node} has Node-API ${napi ?? 'none'}: ` +
      'install Node.js 22.14 or newer, or `npm install better-sqlite3@12`',
    { outcome: 'not_executed' },
  );
}

/** What to tell somebody whose `require('better-sqlite3')` failed. */
export function notLoadable(error: unknown): OAuthDatabaseError {
  const missing = error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND';
  const message = missing
    ? 'better-sqlite3 is not installed: npm install better-sqlite3'
    : `better-sqlite3 does not load on ${process.platform} ${process.arch} with Node.js ${process.versions.node}: npm rebuild better-sqlite3`;
  return new OAuthDatabaseError('OAUTHDB_CONFIG', message, { outcome: 'not_executed', cause: error });
}

function installedVersion(require: NodeJS.Require): string | undefined {
  try {
    return (require('better-sqlite3/package.json') as { version?: string }).version;
  } catch {
    // Whether it is missing, or does not export the file, shows when it is loaded.
    return undefined;
  }
}
