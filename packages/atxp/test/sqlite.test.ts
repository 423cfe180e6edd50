import { copyFileSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { AccessToken } from '../src/index.ts';
import { SqliteOAuthDb, type OAuthDbConfig, type SQLiteDatabase } from '../src/sqlite.ts';
import { temporaryPath } from './subjects.ts';

const user = 'solana:7xKXtg2CW87d97TXJSDpbD5jBkheTqA83TZRuJosgAsU';
const HOST = 'https://mcp.example.com';
const WRITTEN = (1_795_282_998 - 3600) * 1000;
const now = (): number => WRITTEN;

const data = (name: string): string => fileURLToPath(new URL(`data/${name}`, import.meta.url));
const genuine = JSON.parse(readFileSync(data('sqlite-0.11.10.json'), 'utf8')) as Record<string, unknown>;

function open(config: OAuthDbConfig): SqliteOAuthDb {
  const db = new SqliteOAuthDb(config);
  onTestFinished(() => db.close());
  return db;
}

function copied(): string {
  const path = temporaryPath('oauthClient.db');
  copyFileSync(data('sqlite-0.11.10.db'), path);
  return path;
}

/** What is in a file, in the form of the genuine rows. */
function contents(path: string): Record<string, unknown> {
  const file = new Database(path, { readonly: true });
  try {
    const tables = ['oauth_client_credentials', 'oauth_pkce_values', 'oauth_access_tokens'];
    const rows = tables.map((table) => [table, file.prepare(`SELECT * FROM ${table} ORDER BY rowid`).all()]);
    const schema = file
      .prepare("SELECT sql FROM sqlite_schema WHERE name LIKE 'oauth\\_%' ESCAPE '\\' ORDER BY rowid")
      .pluck()
      .all();
    return { ...Object.fromEntries(rows), schema };
  } finally {
    file.close();
  }
}

describe('SqliteOAuthDb', () => {
  it('reads the file that the original left behind, and writes the same rows back', async () => {
    const path = copied();
    const db = open({ db: path, now });
    const credentials = await db.getClientCredentials('https://auth.atxp.ai');
    expect(credentials).toEqual({
      clientId: 'cid-1',
      clientSecret: 'sec-1',
      redirectUri: 'http://localhost:3000/unused-dummy-atxp-callback',
    });
    const publicClient = await db.getClientCredentials('https://public.example.com');
    expect(publicClient?.clientSecret).toBe('');
    const pkce = await db.getPKCEValues(user, 'state-abc');
    expect(pkce).toEqual({
      codeVerifier: 'ver',
      codeChallenge: 'chal',
      resourceUrl: `${HOST}/mcp`,
      url: `${HOST}/mcp`,
    });
    const same = await db.getPKCEValues('u', 'same');
    const expected: Record<string, AccessToken> = {
      [`${HOST}/mcp`]: {
        accessToken: 'at-full',
        refreshToken: 'rt-1',
        expiresAt: 1_795_282_998,
        resourceUrl: `${HOST}/mcp`,
      },
      [`${HOST}/norefresh`]: {
        accessToken: 'at-norefresh',
        expiresAt: 1_795_282_998,
        resourceUrl: `${HOST}/norefresh`,
      },
      [`${HOST}/noexpiry`]: { accessToken: 'at-noexpiry', resourceUrl: `${HOST}/noexpiry` },
      // It expired a minute before, and can be refreshed.
      [`${HOST}/past`]: {
        accessToken: 'at-past',
        refreshToken: 'rt-past',
        expiresAt: 1_795_279_338,
        resourceUrl: 'x',
      },
      [`${HOST}/ms`]: {
        accessToken: 'at-ms',
        refreshToken: 'rt-ms',
        expiresAt: 1_795_282_998_000,
        resourceUrl: 'x',
      },
      '': { accessToken: 'inbound-token', expiresAt: 1_795_280_298, resourceUrl: '' },
    };
    for (const [url, token] of Object.entries(expected)) {
      expect([url, await db.getAccessToken(user, url)]).toEqual([url, token]);
    }
    const { pragma: _, ...before } = genuine;
    expect(contents(path)).toEqual(before);

    const other = temporaryPath('other.db');
    const copy = open({ db: other, now });
    if (credentials) await copy.saveClientCredentials('https://auth.atxp.ai', credentials);
    if (publicClient) await copy.saveClientCredentials('https://public.example.com', publicClient);
    if (pkce) await copy.savePKCEValues(user, 'state-abc', pkce);
    if (same) await copy.savePKCEValues('u', 'same', same);
    const order = Object.keys(expected).toSpliced(3, 0, `${HOST}/zero`);
    const zero = { accessToken: 'at-zero', expiresAt: 0, resourceUrl: 'x' };
    for (const url of order) await copy.saveAccessToken(user, url, expected[url] ?? zero);
    expect(contents(other)).toEqual(before);
    expect(statSync(other).mode & 0o777).toBe(0o600);
  });

  it('deletes what has expired and is of no more use, as the original does', async () => {
    const path = copied();
    const db = open({ db: path, now });
    expect(await db.getAccessToken(user, `${HOST}/zero`)).toBeNull();
    const rows = contents(path)['oauth_access_tokens'] as { url: string }[];
    expect(rows.some(({ url }) => url.endsWith('/zero'))).toBe(false);
    expect(rows.length).toBe(6);
  });

  it('encrypts and decrypts secrets, and nothing else', async () => {
    const path = temporaryPath('oauthClient.db');
    const db = open({
      db: path,
      encrypt: (text) => Buffer.from(text).toString('base64'),
      decrypt: (text) => Buffer.from(text, 'base64').toString(),
    });
    const token = { accessToken: 'at-full', refreshToken: 'rt-1', resourceUrl: `${HOST}/mcp` };
    await db.saveAccessToken('u', `${HOST}/mcp`, token);
    expect(await db.getAccessToken('u', `${HOST}/mcp`)).toEqual(token);
    expect(contents(path)['oauth_access_tokens']).toEqual([
      {
        user_id: 'u',
        url: `${HOST}/mcp`,
        resource_url: `${HOST}/mcp`,
        encrypted_access_token: 'YXQtZnVsbA==',
        encrypted_refresh_token: 'cnQtMQ==',
        expires_at: null,
      },
    ]);
    const other = open({
      db: path,
      decrypt: () => {
        throw new Error('at-full');
      },
    });
    const failure = await other.getAccessToken('u', `${HOST}/mcp`).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'OAuthDatabaseError', code: 'OAUTHDB_UNDECRYPTABLE' });
    expect(String(failure)).not.toContain('at-full');
  });

  it('works beside the original: each sees what the other one stored', async () => {
    const path = copied();
    const db = open({ db: path, now });
    const original = new Database(path);
    onTestFinished(() => void original.close());
    await db.saveAccessToken('u', 'https://h/', { accessToken: 'ours', resourceUrl: 'x' });
    const read = original.prepare('SELECT encrypted_access_token FROM oauth_access_tokens WHERE user_id = ?');
    expect(read.pluck().get('u')).toBe('ours');
    original
      .prepare("UPDATE oauth_access_tokens SET encrypted_access_token = 'theirs' WHERE user_id = 'u'")
      .run();
    expect((await db.getAccessToken('u', 'https://h/'))?.accessToken).toBe('theirs');
  });

  it('waits for the lock of another process, and says when it was too long', async () => {
    const path = copied();
    const db = open({ db: path, commandTimeout: 300 });
    await db.ensureInitialized();
    const other = new Database(path);
    onTestFinished(() => void other.close());
    other.exec('BEGIN EXCLUSIVE');
    const token = { accessToken: 'a', resourceUrl: 'x' };
    await expect(db.saveAccessToken('u', 'v', token)).rejects.toMatchObject({
      code: 'OAUTHDB_TIMEOUT',
      retryable: true,
    });
    const saving = db.saveAccessToken('u', 'v', token);
    setTimeout(() => other.exec('COMMIT'), 30);
    await saving;
    expect(await db.getAccessToken('u', 'v')).toEqual(token);
  });

  it('says why a file cannot be used, and works once it can', async () => {
    const path = temporaryPath('oauthClient.db');
    const nowhere = open({ db: `${path}/none/x.db` });
    await expect(nowhere.getAccessToken('u', 'v')).rejects.toMatchObject({ code: 'OAUTHDB_CONFIG' });
    copyFileSync(data('sqlite-0.11.10.json'), path);
    await expect(open({ db: path }).getAccessToken('u', 'v')).rejects.toMatchObject({
      code: 'OAUTHDB_CORRUPT',
    });
    copyFileSync(data('sqlite-0.11.10.db'), path);
    expect((await open({ db: path, now }).getAccessToken(user, ''))?.accessToken).toBe('inbound-token');
  });

  it('takes a database as expo-sqlite opens it, and closes it only when it is told to', async () => {
    const file = new Database(':memory:');
    const finalized: string[] = [];
    const custom: SQLiteDatabase = {
      execAsync: async (sql) => file.exec(sql),
      closeAsync: async () => file.close(),
      prepareAsync: async (sql) => {
        const statement = file.prepare(sql);
        return {
          finalizeAsync: async () => finalized.push(sql),
          async executeAsync<T>(...params: unknown[]) {
            const row = statement.reader ? statement.get(...params) : void statement.run(...params);
            return { getFirstAsync: async () => (row ?? null) as T | null };
          },
        };
      },
    };
    const token = { accessToken: 'a', resourceUrl: 'x' };
    const db = new SqliteOAuthDb({ db: custom });
    await db.saveAccessToken('u', 'v', token);
    expect(await db.getAccessToken('u', 'v')).toEqual(token);
    expect(finalized.length).toBeGreaterThanOrEqual(2);
    await db.close();
    expect(file.open).toBe(true);
    await new SqliteOAuthDb({ db: custom, closeClient: true }).close();
    expect(file.open).toBe(false);
  });

  it('has the default of the original, and refuses what is wrong', () => {
    expect(SqliteOAuthDb.getDefaultDbPath()).toBe('oauthClient.db');
    expect(() => new SqliteOAuthDb({ db: '' })).toThrow(TypeError);
    expect(() => new SqliteOAuthDb({ db: {} as SQLiteDatabase })).toThrow(/execAsync/);
    expect(() => new SqliteOAuthDb({ path: 'x' } as OAuthDbConfig)).toThrow(/unknown option path/);
  });
});
