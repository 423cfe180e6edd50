import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mcpAuthRouter } from '@modelcontextprotocol/sdk/server/auth/router.js';
import type { RotationOptions } from '@oauthdb/core';
import { RedisOAuthDatabase } from '@oauthdb/ioredis';
import { MemoryOAuthDatabase } from '@oauthdb/memory';
import { SqliteOAuthDatabase } from '@oauthdb/sqlite';
import type {} from '@oauthdb/test-redis/setup';
import express, { type RequestHandler } from 'express';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { OAuthDatabaseProvider, oauthClientProvider } from '../src/index.ts';
import { Child } from './processes/child.ts';
import type { Job } from './processes/messages.ts';

const redirectUrl = 'http://localhost/callback';
const user = { username: 'octocat' };

class Server extends OAuthDatabaseProvider {
  async authorize(): Promise<void> {}
}

/** An authorization server that replaces refresh tokens, and ends the grant when one comes again; with a user who has logged in. */
async function startServer(rotation: RotationOptions, between: RequestHandler) {
  const db = new MemoryOAuthDatabase({ rotation });
  const server = new Server(db);
  const app = express();
  const http = createServer(app);
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
    await db.close();
  });
  const url = new URL(`http://127.0.0.1:${(http.address() as AddressInfo).port}/`);
  app.use('/token', between);
  app.use(mcpAuthRouter({ provider: server, issuerUrl: url, tokenOptions: { rateLimit: false } }));

  const client = {
    client_id: 'client',
    redirect_uris: [redirectUrl],
    grant_types: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_method: 'none',
  };
  await db.clients.register(client);
  const params = { redirectUri: redirectUrl, codeChallenge: 'challenge' };
  const back = new URL(await server.approve(client, params, user));
  const tokens = await server.exchangeAuthorizationCode(client, back.searchParams.get('code') ?? '');
  return { db, url, client, tokens };
}

const stores: readonly (readonly [name: string, make: () => Job['store']])[] = [
  [
    'SQLite',
    () => {
      const dir = mkdtempSync(join(tmpdir(), 'oauthdb-mcp-'));
      onTestFinished(() => rmSync(dir, { recursive: true }));
      return { path: join(dir, 'oauth.db') };
    },
  ],
  [
    'Redis',
    () => {
      const prefix = `mcp${process.pid}.${Math.random()}`;
      const { url } = inject('standalone');
      return { url, keyPrefix: `${prefix}:held:`, serverKeyPrefix: `${prefix}:issued:` };
    },
  ],
];

/** So many processes of a client, whose user has logged in. */
async function start(
  store: Job['store'],
  processes: number,
  { url, client, tokens }: Awaited<ReturnType<typeof startServer>>,
  refreshLease = 30_000,
) {
  const db = 'path' in store ? new SqliteOAuthDatabase(store) : new RedisOAuthDatabase(store);
  onTestFinished(() => db.close());
  const serverUrl = new URL('/mcp', url).href;
  const provider = oauthClientProvider(db, { serverUrl, clientMetadata: client });
  await provider.saveClientInformation?.({ ...client, issuer: url.href });
  await provider.saveTokens({ ...tokens, issuer: url.href });
  await provider.saveDiscoveryState({ authorizationServerUrl: url.href });
  const job = { store, serverUrl, refreshLease };
  const children = await Promise.all(Array.from({ length: processes }, () => Child.start(job)));
  return { children, provider };
}

/** Has all of them read their tokens, and then refresh. */
async function refreshAll(children: readonly Child[]) {
  await Promise.all(children.map((child) => child.begin()));
  for (const child of children) child.go();
  return Promise.all(children.map((child) => child.ended()));
}

describe.each(stores)('processes, on %s', (_, makeStore) => {
  it(
    'refresh once, whoever is first, and nobody is logged out: fifty times',
    { timeout: 120_000 },
    async () => {
      let asked = 0;
      const server = await startServer({}, (_req, _res, next) => {
        asked++;
        next();
      });
      const { children, provider } = await start(makeStore(), 4, server);
      for (let round = 1; round <= 50; round++) {
        const ended = await refreshAll(children);
        const token = (await provider.tokens())?.access_token;
        expect(ended).toEqual(children.map(() => ({ has: 'ended', result: 'AUTHORIZED', token })));
        expect(asked).toBe(round);
        expect(await server.db.accessTokens.list(user)[Symbol.asyncIterator]().next()).toHaveProperty(
          'value.username',
        );
      }
    },
  );

  it.each([
    ['before the server has answered', {}, 'before'],
    ['when the server has, and gives the same answer again for a while', { gracePeriod: 60_000 }, 'after'],
  ] as const)(
    'go on when the one that refreshes is killed: %s',
    { timeout: 60_000 },
    async (__, rotation, when) => {
      const [stuck, asked] = [Promise.withResolvers<void>(), [] as string[]];
      const server = await startServer(rotation, (_req, res, next) => {
        asked.push(when);
        if (asked.length > 1) return next();
        if (when === 'before') return stuck.resolve();
        // The answer is ready, and does not leave.
        res.json = () => {
          stuck.resolve();
          return res;
        };
        next();
      });
      const { children, provider } = await start(makeStore(), 3, server, 1500);
      await Promise.all(children.map((child) => child.begin()));
      const [holder, ...others] = children;
      holder?.go();
      await stuck.promise;
      for (const child of others) child.go();
      await holder?.kill();
      const ended = await Promise.all(others.map((child) => child.ended()));
      const token = (await provider.tokens())?.access_token;
      expect(ended).toEqual(others.map(() => ({ has: 'ended', result: 'AUTHORIZED', token })));
      expect(asked).toHaveLength(2);
      expect(await refreshAll(others)).toMatchObject([{ result: 'AUTHORIZED' }, { result: 'AUTHORIZED' }]);
    },
  );
});
