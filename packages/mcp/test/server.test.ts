import { createHash } from 'node:crypto';
import {
  InvalidGrantError,
  InvalidRequestError,
  InvalidScopeError,
  InvalidTargetError,
  InvalidTokenError,
  OAuthError,
} from '@modelcontextprotocol/sdk/server/auth/errors.js';
import type { OAuthServerProvider } from '@modelcontextprotocol/sdk/server/auth/provider.js';
import type { OAuthClientInformationFull } from '@modelcontextprotocol/sdk/shared/auth.js';
import type { DatabaseOptions } from '@oauthdb/core';
import { describe, expect, it } from 'vitest';
import { clientsStore, OAuthDatabaseProvider, type Consent } from '../src/index.ts';
import { backends, inMemory } from './backends.ts';
import { failing } from './failing.ts';

const redirectUri = 'https://app.example/callback';
const client: OAuthClientInformationFull = {
  client_id: 'client',
  redirect_uris: [redirectUri],
  grant_types: ['authorization_code', 'refresh_token'],
};
const other: OAuthClientInformationFull = { client_id: 'other', redirect_uris: [redirectUri] };
const params = { redirectUri, codeChallenge: 'challenge', state: 'a b', scopes: ['read', 'write'] };
const resource = new URL('https://mcp.example/mcp');

class Provider extends OAuthDatabaseProvider {
  async authorize(...[of, asked, res]: Parameters<OAuthServerProvider['authorize']>): Promise<void> {
    res.redirect(await this.approve(of, asked, { username: 'octocat' }));
  }
}

/** An `OAuthServerProvider` whose users say yes to everything. */
function provider(makeStore = inMemory, options?: DatabaseOptions) {
  const db = makeStore()(options);
  const server = new Provider(db) satisfies OAuthServerProvider;
  const code = async (asked: object = {}, consent: Partial<Consent> = {}): Promise<string> => {
    const url = await server.approve(client, { ...params, ...asked }, { username: 'octocat', ...consent });
    return new URL(url).searchParams.get('code') ?? '';
  };
  const tokens = async (asked?: object, consent?: Partial<Consent>) => {
    const issued = await server.exchangeAuthorizationCode(client, await code(asked, consent));
    return { ...issued, refresh_token: issued.refresh_token ?? '' };
  };
  return { db, server, code, tokens };
}

const refused = async (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => expect.unreachable(),
    (error: Error) => [error.constructor, error.message],
  );

const badCode = [InvalidGrantError, 'Invalid authorization code'];
const badRefreshToken = [InvalidGrantError, 'Invalid refresh token'];
const badToken = [InvalidTokenError, 'Invalid or expired token'];

describe('registrations', () => {
  const registration = {
    redirect_uris: [redirectUri],
    client_secret: 's',
    client_name: 'App',
    client_id: 'c',
  };

  it.each(backends)('come back as they were registered, on %s', async (_, makeStore) => {
    const open = makeStore();
    const registered = await clientsStore(open()).registerClient(registration);
    expect(registered).toEqual(registration);
    expect(await clientsStore(open()).getClient('c')).toEqual(registered);
  });

  it.each(['unknown', '', 'x'.repeat(8193), '\ud800'])(
    'are undefined where there is none: %j',
    async (id) => {
      expect(await clientsStore(inMemory()()).getClient(id)).toBeUndefined();
    },
  );

  it('get an id where the router gave none, and no other client’s', async () => {
    const store = clientsStore(inMemory()());
    const { client_id: _id, ...anonymous } = registration;
    const ids = await Promise.all([store.registerClient(anonymous), store.registerClient(anonymous)]);
    expect(new Set(ids.map(({ client_id }) => client_id)).size).toBe(2);
    expect(ids[0]).toEqual({
      ...anonymous,
      client_id: expect.any(String),
      client_id_issued_at: expect.any(Number),
    });
    await store.registerClient(registration);
    await expect(store.registerClient({ ...registration, client_secret: 'mine' })).rejects.toThrow('taken');
    expect(await store.getClient('c')).toMatchObject({ client_secret: 's' });
  });

  it('stay when their secret has expired', async () => {
    const store = clientsStore(inMemory()());
    const expired = await store.registerClient({ ...registration, client_secret_expires_at: 1 });
    expect(await store.getClient('c')).toEqual(expired);
  });
});

describe('the authorization endpoint', () => {
  it('sends the browser back with a code and the state, and leaves what the URL says', async () => {
    const { server, db } = provider();
    const redirects: string[] = [];
    const res = { redirect: (url: string) => void redirects.push(url) };
    const asked = { ...params, redirectUri: `${redirectUri}?a=1`, resource };
    const registered = { ...client, redirect_uris: [asked.redirectUri] };
    await server.authorize(registered, asked, res as Parameters<OAuthServerProvider['authorize']>[2]);
    const { origin, pathname, searchParams } = new URL(redirects[0] ?? '');
    expect(origin + pathname).toBe(redirectUri);
    expect([...searchParams.keys()]).toEqual(['a', 'code', 'state']);
    expect(searchParams.get('state')).toBe('a b');
    expect(await db.codes.peek(searchParams.get('code') ?? '')).toMatchObject({
      client_id: 'client',
      username: 'octocat',
      scope: 'read write',
      resource: resource.href,
      code_challenge: 'challenge',
    });
  });

  it('sends the browser back with the reason of a refusal', () => {
    const denied = new URL(provider().server.deny(params));
    expect(Object.fromEntries(denied.searchParams)).toEqual({
      error: 'access_denied',
      error_description: 'The request was refused',
      state: 'a b',
    });
  });

  it.each([
    ['https://evil.example/callback', false],
    ['http://127.0.0.1:2/a', true],
    ['http://127.0.0.1:2/b', false],
    ['http://localhost:2/a', false],
    ['not a url', false],
  ])('sends codes where the client has registered to get them, and nowhere else: %s', async (uri, good) => {
    const { server } = provider();
    const local = {
      ...client,
      redirect_uris: [redirectUri, 'http://127.0.0.1:1/a', 'https://app.example:1/b'],
    };
    const asked = { ...params, redirectUri: uri };
    const calls = [server.approve(local, asked, { username: 'u' }), server.remember(local, asked)];
    for (const outcome of await Promise.allSettled(calls)) {
      expect(outcome.status === 'fulfilled' ? outcome.status : outcome.reason).toEqual(
        good ? 'fulfilled' : new InvalidRequestError('Unregistered redirect_uri'),
      );
    }
  });

  it.each(backends)('keeps a request for the user who is away, once, on %s', async (_, makeStore) => {
    const { server } = provider(makeStore);
    const registered = await server.clientsStore.registerClient?.(client);
    for (const asked of [
      { ...params, resource },
      { redirectUri, codeChallenge: 'c', scopes: [] },
    ]) {
      const ticket = await server.remember(client, asked);
      expect(await server.recall(ticket)).toEqual({ client: registered, params: asked });
      expect(await server.recall(ticket)).toBeNull();
    }
    expect(await server.recall('')).toBeNull();
    expect(await server.recall('unknown')).toBeNull();
    expect(await server.recall(await server.remember(other, params))).toBeNull();
  });
});

describe.each(backends)('codes, on %s', (_, makeStore) => {
  it('show their challenge, and bring tokens once', async () => {
    const { server, code, db } = provider(makeStore);
    const one = await code({ resource }, { user_id: '1', extra: { plan: 'pro' } });
    expect(await server.challengeForAuthorizationCode(client, one)).toBe('challenge');
    const tokens = await server.exchangeAuthorizationCode(client, one, undefined, redirectUri, resource);
    expect(tokens).toEqual({
      access_token: expect.any(String),
      token_type: 'bearer',
      expires_in: 3600,
      scope: 'read write',
      refresh_token: expect.any(String),
    });
    const info = await server.verifyAccessToken(tokens.access_token);
    expect(info).toEqual({
      token: tokens.access_token,
      clientId: 'client',
      scopes: ['read', 'write'],
      expiresAt: expect.any(Number),
      resource,
      extra: { plan: 'pro', username: 'octocat', user_id: '1', grant_id: expect.any(String) },
    });
    expect(Math.abs((info.expiresAt ?? 0) - Date.now() / 1000 - 3600)).toBeLessThan(5);
    for await (const { jti } of db.accessTokens.list({ username: 'octocat' })) {
      expect(jti).not.toContain(tokens.access_token);
    }
  });

  it('bring tokens to one of twenty, and then nobody keeps any', async () => {
    const { server, code, db } = provider(makeStore);
    const one = await code();
    const racing = Array.from({ length: 20 }, () => server.exchangeAuthorizationCode(client, one));
    const outcomes = await Promise.allSettled(racing);
    expect(outcomes.filter(({ status }) => status === 'fulfilled').length).toBeLessThanOrEqual(1);
    const reasons = outcomes.flatMap((ended) =>
      ended.status === 'rejected' ? [ended.reason as unknown] : [],
    );
    expect(reasons.filter((reason) => !(reason instanceof InvalidGrantError))).toEqual([]);
    for await (const token of db.accessTokens.list({ clientId: 'client' })) expect.unreachable(token.jti);
  });

  it.each(['challengeForAuthorizationCode', 'exchangeAuthorizationCode'] as const)(
    'end their grant when they come again, to %s',
    async (method) => {
      const { server, code } = provider(makeStore);
      const one = await code();
      const tokens = await server.exchangeAuthorizationCode(client, one);
      await server.verifyAccessToken(tokens.access_token);
      expect(await refused(server[method](client, one))).toEqual(badCode);
      expect(await refused(server.verifyAccessToken(tokens.access_token))).toEqual(badToken);
      const refreshing = server.exchangeRefreshToken(client, tokens.refresh_token ?? '');
      expect(await refused(refreshing)).toEqual(badRefreshToken);
    },
  );

  it('are of use to their client alone, with its redirect_uri and its resource', async () => {
    const { server, code } = provider(makeStore);
    const one = await code({ resource });
    const notYours = [InvalidGrantError, 'Authorization code was not issued to this client'];
    expect(await refused(server.challengeForAuthorizationCode(other, one))).toEqual(notYours);
    expect(await refused(server.exchangeAuthorizationCode(other, one))).toEqual(notYours);
    for (const uri of ['https://app.example/', '', '\ud800']) {
      const exchange = server.exchangeAuthorizationCode(client, one, undefined, uri);
      expect(await refused(exchange)).toEqual([InvalidGrantError, expect.stringContaining('redirect_uri')]);
    }
    const elsewhere = new URL('https://mcp.example/other');
    const exchange = server.exchangeAuthorizationCode(client, one, undefined, redirectUri, elsewhere);
    expect(await refused(exchange)).toEqual([InvalidTargetError, expect.any(String)]);
    expect(await server.exchangeAuthorizationCode(client, one)).toHaveProperty('access_token');
  });
});

describe('codes', () => {
  it('are invalid when they are unknown, expired, or nothing that could be one', async () => {
    let now = 1_700_000_000_000;
    const { server, code } = provider(inMemory, { now: () => now });
    const expired = await code();
    now += 60_000;
    for (const one of [expired, 'unknown', '', '\ud800', 'x'.repeat(8193)]) {
      expect(await refused(server.challengeForAuthorizationCode(client, one))).toEqual(badCode);
      expect(await refused(server.exchangeAuthorizationCode(client, one))).toEqual(badCode);
    }
  });

  it('bring no refresh token to a client that has not registered for it, and live for as long as is said', async () => {
    const { db, code } = provider();
    const { grant_types: _none, ...silent } = client;
    const now = 1_900_000_000_000;
    const server = new Provider(db, { accessTokenLifetime: 90_500, now: () => now });
    for (const simple of [silent, { ...client, grant_types: ['authorization_code'] }]) {
      const tokens = await server.exchangeAuthorizationCode(simple, await code({ scopes: undefined }));
      expect(tokens).toEqual({ access_token: expect.any(String), token_type: 'bearer', expires_in: 90 });
      const info = await server.verifyAccessToken(tokens.access_token);
      expect(info).toMatchObject({ scopes: [], expiresAt: 1_900_000_090 });
    }
  });

  it('are for any resource where none was named, and then for the one that is', async () => {
    const { server, code } = provider();
    const exchange = server.exchangeAuthorizationCode(client, await code(), undefined, undefined, resource);
    const info = await server.verifyAccessToken((await exchange).access_token);
    expect(info.resource).toEqual(resource);
  });
});

describe.each(backends)('refresh tokens, on %s', (_, makeStore) => {
  it('are replaced, for the same or for less', async () => {
    const { server, tokens } = provider(makeStore);
    const first = await tokens({ resource }, { extra: { plan: 'pro' } });
    const second = await server.exchangeRefreshToken(client, first.refresh_token, ['read'], resource);
    expect(second).toMatchObject({ scope: 'read', token_type: 'bearer' });
    expect(await server.verifyAccessToken(second.access_token)).toMatchObject({
      scopes: ['read'],
      resource,
      extra: { plan: 'pro', username: 'octocat' },
    });
    const third = await server.exchangeRefreshToken(client, second.refresh_token ?? '');
    expect(third.scope).toBe('read write');
    const secrets = [first, second, third].flatMap((one) => [one.access_token, one.refresh_token]);
    expect(new Set(secrets).size).toBe(6);
  });

  it('end their grant when they come again', async () => {
    const { server, tokens } = provider(makeStore);
    const first = await tokens();
    const second = await server.exchangeRefreshToken(client, first.refresh_token);
    const again = server.exchangeRefreshToken(client, first.refresh_token);
    expect(await refused(again)).toEqual([InvalidGrantError, expect.stringContaining('used before')]);
    for (const { access_token } of [first, second]) {
      expect(await refused(server.verifyAccessToken(access_token))).toEqual(badToken);
    }
    const last = server.exchangeRefreshToken(client, second.refresh_token ?? '');
    expect(await refused(last)).toEqual(badRefreshToken);
  });

  it('give a retry in the grace period the same tokens', async () => {
    const { server, tokens } = provider(makeStore, { rotation: { gracePeriod: 60_000 } });
    const first = await tokens();
    const second = await server.exchangeRefreshToken(client, first.refresh_token, ['read']);
    expect(await server.exchangeRefreshToken(client, first.refresh_token, ['read'])).toEqual(second);
    await server.verifyAccessToken(second.access_token);
  });

  it('are of use to their client alone, and for nothing more', async () => {
    const { server, tokens } = provider(makeStore);
    const { refresh_token: token } = await tokens({ resource });
    const notYours = [InvalidGrantError, 'Refresh token was not issued to this client'];
    expect(await refused(server.exchangeRefreshToken(other, token))).toEqual(notYours);
    const more = server.exchangeRefreshToken(client, token, ['read', 'admin']);
    expect(await refused(more)).toEqual([InvalidScopeError, expect.any(String)]);
    const elsewhere = server.exchangeRefreshToken(client, token, undefined, new URL('https://mcp.example/'));
    expect(await refused(elsewhere)).toEqual([InvalidTargetError, expect.any(String)]);
    for (const unknown of ['unknown', '', '\ud800']) {
      expect(await refused(server.exchangeRefreshToken(client, unknown))).toEqual(badRefreshToken);
    }
    expect(await server.exchangeRefreshToken(client, token)).toHaveProperty('access_token');
  });
});

describe.each(backends)('revocation, on %s', (_, makeStore) => {
  it('ends an access token by itself, and with a refresh token the grant', async () => {
    const { server, tokens } = provider(makeStore);
    const { access_token: token, refresh_token } = await tokens();
    await server.revokeToken(client, { token });
    await server.revokeToken(client, { token });
    expect(await refused(server.verifyAccessToken(token))).toEqual(badToken);
    const next = await server.exchangeRefreshToken(client, refresh_token);
    await server.revokeToken(client, { token: next.refresh_token ?? '', token_type_hint: 'access_token' });
    expect(await refused(server.verifyAccessToken(next.access_token))).toEqual(badToken);
  });

  it('does nothing to a token that is unknown, and refuses another client’s', async () => {
    const { server, tokens } = provider(makeStore);
    const { access_token, refresh_token } = await tokens();
    for (const token of ['unknown', '', '\ud800']) await server.revokeToken(client, { token });
    for (const token of [access_token, refresh_token]) {
      expect(await refused(server.revokeToken(other, { token }))).toEqual([
        InvalidGrantError,
        'Token was not issued to this client',
      ]);
    }
    await server.verifyAccessToken(access_token);
    await server.exchangeRefreshToken(client, refresh_token);
  });
});

it('an access token that something else has stored without an end has a very late one', async () => {
  const { db, server } = provider();
  const jti = createHash('sha256').update('token').digest('base64url');
  await db.accessTokens.store({
    jti,
    client_id: 'client',
    resource: ['https://a.example', 'x'],
    expires_at: null,
  });
  const info = await server.verifyAccessToken('token');
  expect(new Date((info.expiresAt ?? 0) * 1000).getTime()).toBeGreaterThan(Date.now());
  expect(info.resource).toBeUndefined();
});

it.each([{ accessTokenLifetime: 0 }, { accessTokenLifetime: 1.5 }, { accesTokenLifetime: 1 }])(
  'refuses what it cannot mean: %o',
  (options) => {
    expect(() => new Provider(inMemory()(), options)).toThrow(TypeError);
  },
);

it('a database that fails is no OAuth error, which would have clients forget what they hold', async () => {
  const server = new Provider(failing());
  const calls = [
    server.clientsStore.getClient('c'),
    server.clientsStore.registerClient?.(client),
    server.challengeForAuthorizationCode(client, 'code'),
    server.exchangeAuthorizationCode(client, 'code'),
    server.exchangeRefreshToken(client, 'token'),
    server.verifyAccessToken('token'),
    server.revokeToken(client, { token: 'token' }),
    server.recall('ticket'),
    server.remember(client, params),
  ];
  for (const outcome of await Promise.allSettled(calls.map(async (call) => call))) {
    expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'OAUTHDB_UNAVAILABLE' } });
    expect((outcome as PromiseRejectedResult).reason).not.toBeInstanceOf(OAuthError);
  }
});

it('tells of a database that fails, and of nothing else, and fails as before', async () => {
  const failures: unknown[] = [];
  const onError = (error: Error): void => void failures.push(error);
  const db = inMemory()();
  const server = new Provider(db, { onError });
  const tokens = { jti: 'j', client_id: 'client' };
  await db.accessTokens.store(tokens);
  const wrong = server.exchangeAuthorizationCode(client, 'unknown');
  await expect(wrong).rejects.toBeInstanceOf(InvalidGrantError);
  await expect(server.verifyAccessToken('unknown')).rejects.toBeInstanceOf(InvalidTokenError);
  expect(await server.clientsStore.getClient('unknown')).toBeUndefined();
  expect(failures).toEqual([]);
  await db.close();
  const failed = await Promise.allSettled([
    server.exchangeRefreshToken(client, 'token'),
    server.verifyAccessToken('token'),
    server.clientsStore.getClient('client'),
  ]);
  expect(failed).toEqual(failures.map((reason) => ({ status: 'rejected', reason })));
  expect(failures).toMatchObject(Array.from({ length: 3 }, () => ({ code: 'OAUTHDB_CLOSED' })));
});
