import { randomUUID } from 'node:crypto';
import { copyFile, readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { atxpOAuthDb, type OAuthDb, type OAuthRecord, type OAuthRecords } from '@oauthdb/atxp';
import Database from 'better-sqlite3';
import { Redis } from 'ioredis';
import { inject, onTestFinished } from 'vitest';
import { directory } from './cli.ts';
import { placeOf, type Place } from './places.ts';

export const user = 'solana:7xKXtg2CW87d97TXJSDpbD5jBkheTqA83TZRuJosgAsU';
export const mcp = 'https://mcp.example.com/mcp';
const genuine = (name: string): string =>
  fileURLToPath(new URL(`../../../atxp/test/data/${name}`, import.meta.url));

/** The genuine data are of one afternoon; every time in them is moved by as long as that is ago. */
const AGO = Math.floor(Date.now() / 1000) - (1_795_282_998 - 3600);
export const moved = (at: string | null): string | null =>
  at === null || at === '0' ? at : String(Number(at) + (Number(at) > 1e11 ? AGO * 1000 : AGO));

export const password = (): NodeJS.ProcessEnv => ({ OAUTHDB_FROM_PASSWORD: inject('standalone').password });
export const redisUrl = (): string => `redis://${inject('standalone').host}:${inject('standalone').port}`;
export const toSqlite = async (): Promise<Place> => placeOf(`sqlite:${join(await directory(), 'tokens.db')}`);
export const toRedis = async (): Promise<Place> => placeOf(inject('standalone').url);

function client(): Redis {
  const redis = new Redis(inject('standalone').url);
  onTestFinished(() => redis.disconnect());
  return redis;
}

/** What ATXP has stored, and how the command finds it. */
interface Source {
  readonly flags: readonly string[];
  /** The bytes of it. */
  readonly state: () => Promise<unknown>;
  /** Stores a token as ATXP's class does. */
  readonly save: (userId: string, url: string, record: TokenRow) => Promise<void>;
  readonly remove: (userId: string, url: string) => Promise<void>;
}

interface TokenRow {
  readonly access: string;
  readonly refresh: string | null;
  readonly expiresAt: string | null;
}

export const SAVE_TOKEN = `INSERT OR REPLACE INTO oauth_access_tokens
  (user_id, url, resource_url, encrypted_access_token, encrypted_refresh_token, expires_at) VALUES (?, ?, ?, ?, ?, ?)`;

export async function sqliteFile(): Promise<{ readonly path: string; readonly file: Database.Database }> {
  const path = join(await directory(), 'oauthClient.db');
  await copyFile(genuine('sqlite-0.11.10.db'), path);
  const file = new Database(path);
  onTestFinished(() => void file.close());
  return { path, file };
}

export async function ofSqlite(): Promise<Source> {
  const { path, file } = await sqliteFile();
  file.function('moved', (at) => moved(at as string | null));
  file.exec('UPDATE oauth_access_tokens SET expires_at = moved(expires_at)');
  return {
    flags: ['--from', `sqlite:${path}`, '--from-layout', 'atxp'],
    state: async () => [await readdir(dirname(path)), (await readFile(path)).toString('base64')],
    save: async (userId, url, { access, refresh, expiresAt }) =>
      void file.prepare(SAVE_TOKEN).run(userId, url, url, access, refresh, expiresAt),
    remove: async (userId, url) =>
      void file.prepare('DELETE FROM oauth_access_tokens WHERE user_id = ? AND url = ?').run(userId, url),
  };
}

export async function ofRedis(name = 'redis-0.11.10.json', old = 'oauth:'): Promise<Source> {
  const prefix = `atxp-${randomUUID()}:`;
  const redis = client();
  const { keys } = JSON.parse(await readFile(genuine(name), 'utf8')) as {
    keys: Record<string, { value: string; ttl: number }>;
  };
  for (const [key, { value, ttl }] of Object.entries(keys)) {
    const own = key.replace(old, prefix);
    const text = value.replace(/(?<="expires_at":")\d+/, (at) => moved(at) as string);
    if (ttl === -1) await redis.set(own, text);
    // What lived for a second lives for as long as the test.
    else await redis.setex(own, Math.max(300, ttl), text);
  }
  return {
    flags: ['--from', redisUrl(), '--from-layout', 'atxp', '--from-key-prefix', prefix],
    async state() {
      const found = (await redis.keys(`${prefix}*`)).toSorted();
      return Promise.all(
        found.map(async (key) => [key, await redis.dump(key), await redis.pexpiretime(key)]),
      );
    },
    async save(userId, url, { access, refresh, expiresAt }) {
      const record = {
        resource_url: url,
        encrypted_access_token: access,
        encrypted_refresh_token: refresh,
        expires_at: expiresAt,
      };
      await redis.setex(`${prefix}access_token:${userId}:${url}`, 3600, JSON.stringify(record));
    },
    remove: async (userId, url) => void (await redis.del(`${prefix}access_token:${userId}:${url}`)),
  };
}

/** What an application has that uses the target. */
export async function used(place: Place): Promise<OAuthDb & OAuthRecords> {
  const db = await place.open();
  onTestFinished(() => db.close());
  return atxpOAuthDb(db);
}

export async function all(db: OAuthRecords): Promise<OAuthRecord[]> {
  const found: OAuthRecord[] = [];
  for await (const record of db.records()) found.push(record);
  return found;
}

/** An hour from now, in seconds. */
export const soon: string = String(Math.floor(Date.now() / 1000) + 3600);
