import { auth } from '@modelcontextprotocol/sdk/client/auth.js';
import { InMemoryOAuthClientProvider } from '@modelcontextprotocol/sdk/examples/client/simpleOAuthClientProvider.js';
import {
  DemoInMemoryAuthProvider,
  DemoInMemoryClientsStore,
} from '@modelcontextprotocol/sdk/examples/server/demoInMemoryOAuthProvider.js';
import {
  InvalidRequestError,
  TemporarilyUnavailableError,
} from '@modelcontextprotocol/sdk/server/auth/errors.js';
import type { OAuthServerProvider } from '@modelcontextprotocol/sdk/server/auth/provider.js';
import type { OAuthClientInformationFull } from '@modelcontextprotocol/sdk/shared/auth.js';
import type { OAuthDatabase } from '@oauthdb/core';
import { describe, expect, it } from 'vitest';
import { clientsStore, oauthClientProvider, OAuthDatabaseProvider } from '../src/index.ts';
import { backends, inMemory, type Open } from './backends.ts';
import { TokenServer } from './token-server.ts';

// What the SDK's own stores in memory do, and ours in their place: who has tests of theirs has them of ours.

class Ours extends OAuthDatabaseProvider {
  async authorize(...[client, params, res]: Parameters<OAuthServerProvider['authorize']>): Promise<void> {
    res.redirect(await this.approve(client, params, { username: 'demo_user' }));
  }
}

const client: OAuthClientInformationFull = {
  client_id: 'test-client',
  client_secret: 'test-secret',
  redirect_uris: ['https://example.com/callback', 'https://example.com/callback2'],
  scope: 'test-scope',
};
const params = {
  redirectUri: 'https://example.com/callback',
  state: 'test-state',
  codeChallenge: 'test-challenge',
  scopes: ['test-scope', 'other-scope'],
};

type Make = (open: Open) => OAuthServerProvider;
const servers: (readonly [string, Make, (typeof backends)[number][1]])[] = [
  ['the SDK, in memory', () => new DemoInMemoryAuthProvider(), inMemory],
  ...backends.map(([name, makeStore]) => [name, (open: Open) => new Ours(open()), makeStore] as const),
];

describe.each(servers)('a server on %s', (_, make, makeStore) => {
  async function authorized(
    asked: Partial<typeof params> = {},
  ): Promise<{ server: OAuthServerProvider; url: URL; code: string }> {
    const server = make(makeStore());
    const redirects: string[] = [];
    const res = { redirect: (url: string) => void redirects.push(url) };
    await server.authorize(
      client,
      { ...params, ...asked },
      res as Parameters<OAuthServerProvider['authorize']>[2],
    );
    const url = new URL(redirects[0] ?? '');
    return { server, url, code: url.searchParams.get('code') ?? '' };
  }

  it('redirects with a code and the state, to registered URIs only', async () => {
    const { url } = await authorized();
    expect(url.origin + url.pathname).toBe('https://example.com/callback');
    expect(Object.fromEntries(url.searchParams)).toEqual({ code: expect.any(String), state: 'test-state' });
    await expect(authorized({ redirectUri: 'https://evil.com/callback' })).rejects.toThrow(
      InvalidRequestError,
    );
    await expect(authorized({ redirectUri: 'https://evil.com/callback' })).rejects.toThrow(
      'Unregistered redirect_uri',
    );
    expect((await authorized()).code).not.toBe((await authorized()).code);
  });

  it('gives tokens for a code, once, and says the same of them', async () => {
    const { server, code } = await authorized();
    expect(await server.challengeForAuthorizationCode(client, code)).toBe('test-challenge');
    const other = { ...client, client_id: 'different-client' };
    await expect(server.exchangeAuthorizationCode(other, code)).rejects.toThrow(
      'Authorization code was not issued to this client',
    );
    const tokens = await server.exchangeAuthorizationCode(client, code);
    expect(tokens).toEqual({
      access_token: expect.any(String),
      token_type: 'bearer',
      expires_in: 3600,
      scope: 'test-scope other-scope',
    });
    const token = tokens.access_token;
    Object.assign(tokens, { access_token: 'changed', scope: 'admin' });
    const { extra: _more, ...info } = await server.verifyAccessToken(token);
    expect(info).toEqual({
      token,
      clientId: 'test-client',
      scopes: ['test-scope', 'other-scope'],
      expiresAt: expect.any(Number),
      resource: undefined,
    });
    await expect(server.exchangeAuthorizationCode(client, code)).rejects.toThrow(
      'Invalid authorization code',
    );
  });

  it('refuses what it has not issued, in the same words', async () => {
    const { server } = await authorized();
    await expect(server.challengeForAuthorizationCode(client, 'x')).rejects.toThrow(
      'Invalid authorization code',
    );
    await expect(server.exchangeAuthorizationCode(client, 'x')).rejects.toThrow('Invalid authorization code');
    await expect(server.verifyAccessToken('x')).rejects.toThrow('Invalid or expired token');
  });
});

describe.each([
  ['the SDK, in memory', () => new DemoInMemoryClientsStore()],
  ...backends.map(([name, makeStore]) => [name, () => clientsStore(makeStore()())] as const),
] as const)('registrations on %s', (_, make) => {
  it('come back as they were', async () => {
    const store = make();
    await store.registerClient(client);
    expect(await store.getClient('test-client')).toEqual(client);
    expect(await store.getClient('non-existent')).toBeUndefined();
  });
});

it.each(backends)('registrations on %s are nobody’s to change but by registering', async (_, makeStore) => {
  const store = clientsStore(makeStore()());
  const mine = structuredClone(client);
  const registered = await store.registerClient(mine);
  for (const one of [mine, registered, await store.getClient('test-client')]) {
    Object.assign(one ?? {}, { client_secret: 'changed' });
    one?.redirect_uris.push('https://evil.com/callback');
  }
  expect(await store.getClient('test-client')).toEqual(client);
});

const redirectUrl = 'https://example.com/callback';
const clientMetadata = { redirect_uris: [redirectUrl], client_name: 'test' };
const serverUrl = 'https://mcp.example/mcp';

const clients = [
  ['the SDK, in memory', () => new InMemoryOAuthClientProvider(redirectUrl, clientMetadata, () => {})],
  ...backends.map(
    ([name, makeStore]) =>
      [
        name,
        () =>
          oauthClientProvider(makeStore()(), {
            serverUrl,
            redirectUrl,
            clientMetadata,
            onRedirect: () => {},
          }),
      ] as const,
  ),
] as const;

describe.each(clients)('a client on %s', (_, make) => {
  const issuer = 'https://as.example';
  const tokens = {
    access_token: 'a',
    token_type: 'Bearer',
    expires_in: 3600,
    scope: 's',
    refresh_token: 'r',
    issuer,
  };

  it('gets back what it has saved, and nothing else', async () => {
    const provider = make();
    expect([await provider.clientInformation(), await provider.tokens()]).toEqual([undefined, undefined]);
    await provider.saveClientInformation?.({ ...client, issuer });
    await provider.saveTokens(tokens);
    await provider.saveCodeVerifier('v');
    expect(await provider.clientInformation()).toStrictEqual({ ...client, issuer });
    expect(await provider.tokens()).toStrictEqual(tokens);
    expect(await provider.codeVerifier()).toBe('v');
    for (let i = 0; i < 20; i++) await provider.saveTokens({ access_token: `a${i}`, token_type: 'Bearer' });
    expect(await provider.tokens()).toStrictEqual({ access_token: 'a19', token_type: 'Bearer' });
    expect([provider.redirectUrl, provider.clientMetadata]).toEqual([redirectUrl, clientMetadata]);
  });
});

describe.each(backends)('what a client is given, on %s', (_, makeStore) => {
  const make = (db: OAuthDatabase, more = {}) =>
    oauthClientProvider(db, { serverUrl, redirectUrl, clientMetadata, onRedirect: () => {}, ...more });

  it('is its own to change, and what it gives', async () => {
    const [open, own] = [makeStore(), structuredClone(client)];
    const [provider, made] = [make(open()), make(open(), { clientInformation: own })];
    const discovery = { authorizationServerUrl: 'https://as.example' };
    const tokens = { ...TokenServer.first };
    const saved = [
      provider.saveClientInformation?.(own),
      provider.saveTokens(tokens),
      provider.saveDiscoveryState(discovery),
    ];
    own.redirect_uris.push('changed');
    Object.assign(tokens, { access_token: 'changed' });
    Object.assign(discovery, { authorizationServerUrl: 'changed' });
    for (const one of saved) await one;
    for (let i = 0; i < 2; i++) {
      const given = [
        await provider.clientInformation(),
        await made.clientInformation(),
        await provider.tokens(),
        await provider.discoveryState(),
      ];
      expect(given).toEqual([
        client,
        client,
        TokenServer.first,
        { authorizationServerUrl: 'https://as.example' },
      ]);
      for (const one of given) Object.assign(one ?? {}, { client_id: 'changed', access_token: 'changed' });
    }
  });

  it('is whole, whoever saves at the same time', async () => {
    const open = makeStore();
    const providers = Array.from({ length: 5 }, () => make(open()));
    await Promise.all(
      Array.from({ length: 50 }, async (__, i) =>
        providers[i % 5]?.saveTokens({ access_token: `a${i}`, token_type: 'Bearer', refresh_token: `r${i}` }),
      ),
    );
    const stored = await Promise.all(providers.map(async (provider) => provider.tokens()));
    const [one] = stored;
    expect(stored).toEqual(stored.map(() => one));
    expect(one?.refresh_token).toBe(one?.access_token.replace('a', 'r'));
  });
});

it('a database that fails during a refresh sends nobody to log in', async () => {
  const open = (backends[0] as (typeof backends)[number])[1]();
  const redirects: URL[] = [];
  const [db, server] = [open(), new TokenServer('strict')];
  const provider = oauthClientProvider(db, {
    serverUrl,
    redirectUrl,
    clientMetadata,
    onRedirect: (url) => void redirects.push(url),
    fetch: server.fetch,
  });
  const issuer = 'https://as.example/';
  await provider.saveClientInformation?.({ ...client, issuer });
  await provider.saveTokens({ ...TokenServer.first, issuer });
  const metadata = {
    issuer,
    authorization_endpoint: `${issuer}authorize`,
    token_endpoint: `${issuer}token`,
    response_types_supported: ['code'],
  };
  const resourceMetadata = { resource: serverUrl };
  await provider.saveDiscoveryState({
    authorizationServerUrl: issuer,
    authorizationServerMetadata: metadata,
    resourceMetadata,
  });
  const fetchFn: typeof provider.fetch = async (...request) => {
    await db.storeToken(`mcp:tokens::${serverUrl}`, 'nonsense');
    return provider.fetch(...request);
  };
  await expect(auth(provider, { serverUrl, fetchFn })).rejects.toThrow(TemporarilyUnavailableError);
  expect([redirects, server.presented]).toEqual([[], []]);
});

it('what test suites answer in place of a response is enough to refresh', async () => {
  const open = (backends[0] as (typeof backends)[number])[1]();
  const answers = [
    {
      ok: true,
      status: 200,
      json: async () => Promise.resolve({ ...TokenServer.first, access_token: 'new' }),
    },
    { ok: false, status: 400, json: async () => Promise.resolve({ error: 'invalid_grant' }) },
  ];
  const provider = oauthClientProvider(open(), {
    serverUrl,
    redirectUrl,
    clientMetadata,
    fetch: async () => Promise.resolve(answers.shift() as unknown as Response),
  });
  await provider.saveTokens(TokenServer.first);
  const refresh = async (token: unknown): Promise<readonly [number, unknown]> => {
    const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: String(token) });
    const response = await provider.fetch('https://as.example/token', { method: 'POST', body });
    return [response.status, await response.json()];
  };
  const both = await Promise.all([1, 2].map(async () => refresh(TokenServer.first.refresh_token)));
  expect(both).toEqual([1, 2].map(() => [200, { ...TokenServer.first, access_token: 'new' }]));
  expect((await provider.tokens())?.access_token).toBe('new');
  expect(await refresh(TokenServer.first.refresh_token)).toEqual([400, { error: 'invalid_grant' }]);
});
