import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseOptions, OAuthDatabase } from '@oauthdb/core';
import { RedisOAuthDatabase } from '@oauthdb/ioredis';
import { SqliteOAuthDatabase } from '@oauthdb/sqlite';
import { startPrivateServer } from '@oauthdb/test-redis/server';
import { describe, expect, it } from 'vitest';

// What a copy of the files shows, whatever was stored, used, rotated and revoked: searched byte by byte.

const secrets = { keys: [{ id: 'k1', key: Buffer.alloc(32, 7) }], pepper: 'a pepper of sixteen bytes' };

/** Does everything that handles a secret. Each of the two lists is of texts that no file may hold: always, and with keys. */
async function useSecrets(db: OAuthDatabase): Promise<{ handles: string[]; sealed: string[] }> {
  const canary = (what: string): string => `canary-${what}-${randomUUID()}`;
  const [state, code, spent, session] = [canary('state'), canary('code'), canary('spent'), canary('session')];
  const [first, second, third] = [canary('refresh'), canary('refresh'), canary('refresh')];
  const [held, clientSecret, registration] = [canary('held'), canary('client'), canary('registration')];
  const client = { client_id: 'c', client_secret: clientSecret, registration_access_token: registration };
  await db.clients.register(client);
  await db.storeToken('k', held);
  await db.states.store(state, { client_id: 'c' });
  await db.codes.store(code, { client_id: 'c', username: 'u' });
  await db.codes.store(spent, { client_id: 'c', username: 'u' });
  await db.issue({ code: spent, client_id: 'c', accessToken: { jti: 'j1' }, refreshToken: { token: first } });
  await db.refreshTokens.rotate(first, () => ({ refreshToken: { token: second }, response: { second } }));
  await db.refreshTokens.rotate(second, () => ({
    refreshToken: { token: third },
    accessToken: { jti: 'j2' },
  }));
  await db.sessions.store(session, { username: 'u' });
  await db.sessions.touch(session);
  await db.codes.consume(code, { client_id: 'somebody else' });
  await db.refreshTokens.revoke(third);
  return {
    handles: [state, code, spent, session, first, second, third],
    sealed: [held, clientSecret, registration],
  };
}

async function filesUnder(dir: string): Promise<Buffer> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Buffer.concat(await Promise.all(files.map((file) => readFile(file))));
}

const found = (bytes: Buffer, texts: readonly string[]): string[] =>
  texts.filter((text) => bytes.includes(text));

describe.each([
  ['without keys no secret that leads to a grant', {}, false],
  ['with keys no secret at all', { secrets }, true],
] as const)('at rest there is %s', (_, options: DatabaseOptions, withKeys) => {
  const rotation = { gracePeriod: 60_000 };

  it('in a SQLite file and what lies beside it', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'oauthdb-at-rest-'));
    const db = new SqliteOAuthDatabase({ path: join(dir, 'db.sqlite'), rotation, ...options });
    const { handles, sealed } = await useSecrets(db);
    expect(existsSync(join(dir, 'db.sqlite-wal'))).toBe(true);
    const bytes = await filesUnder(dir);
    await db.close();
    await rm(dir, { recursive: true });
    expect(found(bytes, handles)).toEqual([]);
    // Without keys they are where they were looked for.
    expect(found(bytes, sealed)).toEqual(withKeys ? [] : sealed);
  });

  it('in the append-only file and the dump of a Redis server', async () => {
    await using server = await startPrivateServer({
      args: ['--appendonly', 'yes', '--rdbcompression', 'no'],
    });
    const db = new RedisOAuthDatabase({ host: server.host, port: server.port, rotation, ...options });
    const { handles, sealed } = await useSecrets(db);
    await db.close();
    await server.send('SAVE');
    const [, dir] = (await server.send('CONFIG', 'GET', 'dir')) as string[];
    const bytes = await filesUnder(String(dir));
    expect(found(bytes, handles)).toEqual([]);
    // Without keys they are where they were looked for.
    expect(found(bytes, sealed)).toEqual(withKeys ? [] : sealed);
  });
});
