import type { OAuthDb } from '@atxp/common';
import type { OAuthDatabase } from '@oauthdb/core';
import type {} from '@oauthdb/test-redis/setup';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { atxpOAuthDb } from '../src/index.ts';
import { RedisOAuthDatabase } from '../src/redis.ts';
import { newPrefix, redisClient } from './subjects.ts';

const credentials = { clientId: 'cid', clientSecret: 'sec', redirectUri: 'http://localhost/cb' };
const pkce = { codeVerifier: 'v', codeChallenge: 'c', resourceUrl: 'https://h/mcp', url: 'https://h/mcp' };
const token = { accessToken: 'a', refreshToken: 'r', resourceUrl: 'https://h/mcp' };

function opened(options: object = {}): RedisOAuthDatabase & OAuthDb & OAuthDatabase {
  const db = new RedisOAuthDatabase({ url: inject('standalone').url, keyPrefix: newPrefix(), ...options });
  onTestFinished(() => db.close());
  return db;
}

describe("the class of ATXP's documentation", () => {
  it('does what is documented, and is an OAuthDb, too', async () => {
    const db = opened();
    await db.storeToken('user_123', 'oauth_token_value', new Date(Date.now() + 3_600_000));
    await db.saveClientCredentials('https://as', credentials);
    await db.savePKCEValues('u', 's', pkce);
    await db.saveAccessToken('u', 'https://h/mcp', token);
    expect(await db.getToken('user_123')).toBe('oauth_token_value');
    expect(await db.getClientCredentials('https://as')).toEqual(credentials);
    expect(await db.getPKCEValues('u', 's')).toEqual(pkce);
    expect(await db.getAccessToken('u', 'https://h/mcp')).toEqual(token);
    expect(await db.getAccessToken('u', 'https://h/')).toBeNull();
    // What ATXP stores are tokens that it holds.
    expect((await db.listTokens()).toSorted()).toEqual([
      'access_token:u:https%3A//h/mcp',
      'client_credentials:https%3A//as',
      'pkce:u:s',
      'refresh_token:u:https%3A//h/mcp',
      'user_123',
    ]);
  });

  it('stores what atxpOAuthDb stores over it', async () => {
    const db = opened();
    await db.saveRecord({ kind: 'client_credentials', serverUrl: 'https://as', value: credentials });
    expect(await atxpOAuthDb(db).getClientCredentials('https://as')).toEqual(credentials);
    const found: unknown[] = [];
    for await (const record of db.records()) found.push(record);
    expect(found).toEqual([{ kind: 'client_credentials', serverUrl: 'https://as', value: credentials }]);
  });

  it('has one clock', async () => {
    let now = Date.now();
    const db = opened({ now: () => now });
    await db.saveAccessToken('u', '', { accessToken: 'a', expiresAt: now / 1000 + 60, resourceUrl: '' });
    now += 60_000;
    expect(await db.getAccessToken('u', '')).toBeNull();
  });

  it('is closed once it is closed, which may happen twice, and a client that was passed in is not', async () => {
    const client = redisClient();
    const db = opened({ url: undefined, client });
    const saving = db.saveAccessToken('u', '', { accessToken: 'a', resourceUrl: '' });
    await Promise.all([db.close(), db.close()]);
    await saving;
    await expect(db.getAccessToken('u', '')).rejects.toMatchObject({ code: 'OAUTHDB_CLOSED' });
    await expect(db.getToken('u')).rejects.toMatchObject({ code: 'OAUTHDB_CLOSED' });
    expect(await client.ping()).toBe('PONG');
  });

  it('refuses options that are wrong', () => {
    expect(() => opened({ oauthDatabase: true })).toThrow(TypeError);
  });
});
