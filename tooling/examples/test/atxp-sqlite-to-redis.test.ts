import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SqliteOAuthDb } from '@oauthdb/atxp/sqlite';
import { startPrivateServer } from '@oauthdb/test-redis/server';
import Database from 'better-sqlite3';
import { expect, it, onTestFinished } from 'vitest';
import { start, temporaryDirectory } from '../src/start.ts';

const MAIN = 'atxp-sqlite-to-redis/src/main.ts';
const data = fileURLToPath(
  new URL('../../../examples/atxp-sqlite-to-redis/data/oauthClient.db', import.meta.url),
);

async function privateRedis() {
  const redis = await startPrivateServer();
  onTestFinished(() => redis.stop());
  return { redis, env: { REDIS_URL: `redis://${redis.host}:${redis.port}` } };
}

it("takes ATXP's file over, shows none of it, and leaves it as it is", async () => {
  const { redis, env } = await privateRedis();
  const cwd = await temporaryDirectory();
  const path = join(cwd, 'oauthClient.db');
  copyFileSync(data, path);
  const later = new SqliteOAuthDb({ db: path });
  const token = { accessToken: 'at-later', refreshToken: 'rt-later', resourceUrl: 'https://h/mcp' };
  await later.saveAccessToken('u', 'https://h/mcp', { ...token, expiresAt: 4_102_444_800 });
  await later.close();
  const rows = (): unknown[] => {
    const file = new Database(path, { readonly: true });
    const names = ['oauth_client_credentials', 'oauth_pkce_values', 'oauth_access_tokens'];
    const all = names.map((name) => file.prepare(`SELECT * FROM ${name}`).all());
    file.close();
    return all;
  };
  const before = rows();

  for (let run = 0; run < 2; run++) {
    const { code, stdout, stderr } = await start(MAIN, cwd, env, [path]).ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    // How many tokens depends on the day: those without a refresh token have expired since.
    expect(stdout).toMatch(
      /^copied \{ client_credentials: 2, pkce: 2, access_token: \d+ \}\nand found all of it/,
    );
  }
  expect(rows()).toEqual(before);

  expect(await redis.send('GET', 'oauth:client_credentials:https://auth.atxp.ai')).toBe(
    '{"encrypted_client_id":"cid-1","encrypted_client_secret":"sec-1",' +
      '"redirect_uri":"http://localhost:3000/unused-dummy-atxp-callback"}',
  );
  expect(await redis.send('GET', 'oauth:access_token:u:https://h/mcp')).toBe(
    '{"resource_url":"https://h/mcp","encrypted_access_token":"at-later",' +
      '"encrypted_refresh_token":"rt-later","expires_at":"4102444800"}',
  );
  expect(await redis.send('TTL', 'oauth:client_credentials:https://auth.atxp.ai')).toBe(-1);
});

it('takes a copy of the file that comes with it, to try it', async () => {
  const { redis, env } = await privateRedis();
  const before = readFileSync(data);
  expect(await start(MAIN, await temporaryDirectory(), env).ended).toMatchObject({ code: 0, stderr: '' });
  expect(await redis.send('EXISTS', 'oauth:client_credentials:https://public.example.com')).toBe(1);
  expect(readFileSync(data).equals(before)).toBe(true);
});

it('fails when there is no file, and makes none', async () => {
  const { env } = await privateRedis();
  const { code, stderr } = await start(MAIN, await temporaryDirectory(), env, ['none.db']).ended;
  expect(code).toBe(1);
  expect(stderr).toContain('there is no file none.db');
});
