import { readFile } from 'node:fs/promises';
import type { SecretKey, SecretsOptions } from '@oauthdb/core';
import type { OpenOptions } from '../open.ts';
import { UsageError } from './exit-codes.ts';
import type { GlobalOptions } from './global-options.ts';

/** Where the database is and how it is opened. */
export interface Settings {
  readonly url: string;
  readonly options: OpenOptions;
}

/**
 * How a database is opened, by what was typed and what the environment says. Passwords and keys come from the environment and from files: what is
 * typed, everybody on the machine can read.
 */
export async function optionsOf(given: GlobalOptions, env: NodeJS.ProcessEnv): Promise<OpenOptions> {
  const ca = given.tlsCa ?? nonEmpty(env['OAUTHDB_TLS_CA']);
  const secrets = await secretsOf(given, env);
  const password = nonEmpty(env['REDIS_PASSWORD']);
  const sentinelPassword = nonEmpty(env['OAUTHDB_SENTINEL_PASSWORD']);
  const keyPrefix = given.keyPrefix ?? nonEmpty(env['REDIS_KEY_PREFIX']);
  return {
    ...(keyPrefix === undefined ? {} : { keyPrefix }),
    ...(given.serverKeyPrefix === undefined ? {} : { serverKeyPrefix: given.serverKeyPrefix }),
    ...(given.layout === undefined ? {} : { layout: given.layout }),
    ...(given.handles === undefined ? {} : { handles: given.handles }),
    ...(given.timeout === undefined ? {} : { commandTimeout: given.timeout }),
    ...(secrets === undefined ? {} : { secrets }),
    redis: {
      ...(given.library === undefined ? {} : { library: given.library }),
      ...(password === undefined ? {} : { password }),
      ...(sentinelPassword === undefined ? {} : { sentinelPassword }),
      ...(ca === undefined ? {} : { tls: { ca: await textOf(ca, '--tls-ca') } }),
    },
  };
}

/** The database's URL: of `--db`, `OAUTHDB_URL`, or `REDIS_URL` with `REDIS_DB`. */
export function urlOf({ db }: GlobalOptions, env: NodeJS.ProcessEnv): string {
  const named = db ?? nonEmpty(env['OAUTHDB_URL']);
  if (named !== undefined) return named;
  const { REDIS_URL: url, REDIS_DB: index, REDIS_PASSWORD: password } = env;
  if (!url && !password) {
    throw new UsageError(
      'which database? Name it by --db, OAUTHDB_URL or REDIS_URL, such as redis://localhost:6379 or sqlite:./tokens.db',
    );
  }
  if (index && !/^\d+$/.test(index)) throw new UsageError('REDIS_DB must be a whole number');
  const server = url || 'redis://localhost:6379';
  // What the URL says goes first, as everywhere.
  return index && !/^[^/]*\/\/[^/]*\/\d+$/.test(server) ? `${server.replace(/\/$/, '')}/${index}` : server;
}

/** Whether a URL holds a password: `ps` shows what is typed. */
export function holdsPassword(url: string): boolean {
  return /^[a-z+]+:\/\/[^/@]*:[^/@]+@/i.test(url);
}

async function secretsOf(given: GlobalOptions, env: NodeJS.ProcessEnv): Promise<SecretsOptions | undefined> {
  const keys =
    given.secretKeys === undefined
      ? nonEmpty(env['OAUTHDB_SECRET_KEYS'])
      : await textOf(given.secretKeys, '--secret-keys');
  const pepper =
    given.pepperFile === undefined
      ? nonEmpty(env['OAUTHDB_PEPPER'])
      : withoutNewline(await textOf(given.pepperFile, '--pepper-file'));
  if (keys === undefined && pepper === undefined) return undefined;
  return {
    ...(keys === undefined ? {} : { keys: keysIn(keys) }),
    ...(pepper === undefined ? {} : { pepper }),
  };
}

/** `id:base64` by lines or commas, the one that writes first. */
function keysIn(text: string): SecretKey[] {
  const lines = text.split(/[\n,]/).map((line) => line.trim());
  return lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, id, key] = /^([^:]+):(.+)$/.exec(line) ?? [];
      if (id === undefined || key === undefined)
        throw new UsageError('each secret key must be of the form id:base64');
      return { id, key };
    });
}

/** The text of a file that was named; an error names the option. */
export async function textOf(file: string, option: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new UsageError(`the file of ${option} cannot be read: ${(error as NodeJS.ErrnoException).code}`);
  }
}

export function withoutNewline(text: string): string {
  return text.replace(/\r?\n$/, '');
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
