import type { OAuthClientProvider, OAuthDiscoveryState } from '@modelcontextprotocol/sdk/client/auth.js';
import type { DatabaseOptions, OAuthDatabase } from '@oauthdb/core';
import { describe, expect, it } from 'vitest';
import { oauthClientProvider, type OAuthClientProviderOptions } from '../src/index.ts';
import { backends, inMemory } from './backends.ts';
import { failing } from './failing.ts';

const serverUrl = 'https://mcp.example/mcp';
const clientMetadata = { redirect_uris: ['https://app.example/callback'] };
const information = { client_id: 'c', client_secret: 's', issuer: 'https://as.example', more: ['kept'] };
const tokens = { access_token: 'a', token_type: 'Bearer', refresh_token: 'r', issuer: 'https://as.example' };
const discovery: OAuthDiscoveryState = {
  authorizationServerUrl: 'https://as.example',
  resourceMetadataUrl: 'https://mcp.example/.well-known/oauth-protected-resource',
  resourceMetadata: { resource: serverUrl, authorization_servers: ['https://as.example'] },
};

const clientOf = (db: OAuthDatabase, options: Partial<OAuthClientProviderOptions> = {}) =>
  oauthClientProvider(db, { serverUrl, clientMetadata, ...options }) satisfies OAuthClientProvider;

async function everything(client: ReturnType<typeof clientOf>) {
  return {
    information: await client.clientInformation(),
    tokens: await client.tokens(),
    verifier: await Promise.resolve(client.codeVerifier()).catch((error: Error) => error.message),
    discovery: await client.discoveryState(),
  };
}

async function saveEverything(client: ReturnType<typeof clientOf>): Promise<void> {
  await client.saveClientInformation?.(information);
  await client.saveTokens(tokens);
  await client.saveCodeVerifier('verifier');
  await client.saveDiscoveryState(discovery);
}

const all = { information, tokens, verifier: 'verifier', discovery };
const nothing = {
  information: undefined,
  tokens: undefined,
  verifier: expect.stringMatching(/^No authorization is under way/),
  discovery: undefined,
};

describe.each(backends)('what a client saves, on %s', (_, makeStore) => {
  it('is missing at first, and comes back as it was, to another process', async () => {
    const open = makeStore();
    expect(await everything(clientOf(open()))).toEqual(nothing);
    await saveEverything(clientOf(open()));
    expect(await everything(clientOf(open()))).toEqual(all);
  });

  it('is another one for each user and each server', async () => {
    const open = makeStore();
    const mine = { userId: 'a:b', serverUrl: new URL('https://mcp.example/x#fragment') };
    await saveEverything(clientOf(open(), mine));
    expect(await everything(clientOf(open(), { ...mine, serverUrl: 'https://mcp.example/x' }))).toEqual(all);
    const others = [
      {},
      { serverUrl: mine.serverUrl },
      { ...mine, userId: 'a' },
      { ...mine, userId: 'a%3Ab' },
      { ...mine, serverUrl: 'https://mcp.example/x/' },
      { ...mine, serverUrl: 'https://mcp.example/x?y' },
      { userId: 'a', serverUrl: 'b:https://mcp.example/x' },
    ];
    for (const other of others) expect(await everything(clientOf(open(), other))).toEqual(nothing);
  });

  it.each([
    ['all', nothing],
    ['client', { ...all, information: undefined }],
    ['tokens', { ...all, tokens: undefined }],
    ['verifier', { ...all, verifier: nothing.verifier }],
    ['discovery', { ...all, discovery: undefined }],
  ] as const)('is gone when the SDK invalidates it: %s', async (scope, left) => {
    const open = makeStore();
    await saveEverything(clientOf(open()));
    await clientOf(open(), { userId: 'other' }).invalidateCredentials('all');
    await clientOf(open()).invalidateCredentials(scope);
    expect(await everything(clientOf(open()))).toEqual(left);
  });
});

const manual = (start = 1_700_000_000_000) => {
  let now = start;
  const options: DatabaseOptions = { now: () => now };
  return { options, wait: (ms: number) => (now += ms), now: () => now };
};

describe('tokens', () => {
  it('say what is left of their life', async () => {
    const { options, wait, now } = manual();
    const client = clientOf(inMemory()(options), { now });
    await client.saveTokens({ ...tokens, expires_in: 3600 });
    for (const [ms, left] of [
      [999, 3600],
      [1, 3599],
      [3_598_000, 1],
      [10_000, 0],
      [-10_000_000, 3600],
    ] as const) {
      wait(ms);
      expect(await client.tokens()).toEqual({ ...tokens, expires_in: left });
    }
  });

  it('stay when another process has refreshed those that the server refuses', async () => {
    const open = inMemory();
    const [slow, fast] = [clientOf(open()), clientOf(open())];
    await fast.saveTokens(tokens);
    expect(await slow.tokens()).toEqual(tokens);
    await fast.saveTokens({ ...tokens, refresh_token: 'next' });
    await slow.invalidateCredentials('tokens');
    expect(await slow.tokens()).toMatchObject({ refresh_token: 'next' });
    await slow.invalidateCredentials('tokens');
    expect(await slow.tokens()).toBeUndefined();
  });
});

describe('fetch', () => {
  const request = (token: string): RequestInit => ({
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: token }),
  });
  const url = 'https://as.example/token';

  /** An authorization server whose answers are written beforehand. */
  const server = (...answers: (() => Response)[]) => {
    const seen: unknown[] = [];
    const fetch = async (to: string | URL, init?: RequestInit): Promise<Response> => {
      seen.push(init?.body instanceof URLSearchParams ? init.body.toString() : to.toString());
      const answer = answers.shift();
      return answer === undefined ? expect.unreachable() : answer();
    };
    return { seen, fetch };
  };
  const next = { access_token: 'a2', token_type: 'Bearer', refresh_token: 'r2', expires_in: 60 };

  it('sends a refresh token once, and everybody gets and keeps what it brings', async () => {
    const [db, { seen, fetch }] = [inMemory()(), server(() => Response.json(next))];
    await clientOf(db).saveTokens(tokens);
    const asking = Array.from({ length: 20 }, () => clientOf(db, { fetch }).fetch(url, request('r')));
    for (const answer of await Promise.all(asking)) expect(await answer.json()).toEqual(next);
    expect(await clientOf(db).tokens()).toEqual({ ...next, issuer: tokens.issuer });
    expect(await (await clientOf(db, { fetch }).fetch(url, request('r'))).json()).toEqual(next);
    expect(seen).toEqual(['grant_type=refresh_token&refresh_token=r']);
  });

  it('keeps the refresh token where no new one comes, and then sends it again', async () => {
    const { refresh_token: _none, ...same } = next;
    const answer = (): Response => Response.json(same);
    const [db, { seen, fetch }] = [inMemory()(), server(answer, answer)];
    await clientOf(db).saveTokens(tokens);
    for (let i = 1; i <= 2; i++) {
      await clientOf(db, { fetch }).fetch(url, request('r'));
      expect(await clientOf(db).tokens()).toEqual({ ...same, refresh_token: 'r', issuer: tokens.issuer });
      expect(seen).toHaveLength(i);
    }
  });

  it('passes on what is refused, what fails, and every other request, and keeps nothing of it', async () => {
    const refusal = (): Response => Response.json({ error: 'invalid_grant' }, { status: 400 });
    const failure = (): never => {
      throw new Error('no network');
    };
    const page = (): Response => new Response('hello');
    const [db, { seen, fetch }] = [inMemory()(), server(refusal, failure, page, page)];
    const client = clientOf(db, { fetch });
    await client.saveTokens(tokens);
    const refused = await Promise.all([client.fetch(url, request('r')), client.fetch(url, request('r'))]);
    expect(refused.map(({ status }) => status)).toEqual([400, 400]);
    await expect(client.fetch(url, request('r'))).rejects.toThrow('no network');
    expect(await (await client.fetch(url)).text()).toBe('hello');
    expect(await (await client.fetch(url, { body: 'x=1' })).text()).toBe('hello');
    expect(await client.tokens()).toEqual(tokens);
    expect(seen).toHaveLength(4);
  });

  it('keeps users and servers apart, and logs nobody in again', async () => {
    const answers = [() => Response.json(next), () => Response.json({ ...next, access_token: 'theirs' })];
    const [db, { fetch }] = [inMemory()(), server(...answers)];
    const [one, other] = ['one', 'other'].map((userId) => clientOf(db, { fetch, userId }));
    const asked = [one, other].map((client) => client?.fetch(url, request('r')));
    const given = await Promise.all(asked.map(async (answer) => (await answer)?.json()));
    expect(given).toMatchObject([{ access_token: 'a2' }, { access_token: 'theirs' }]);
    expect(await one?.tokens()).toBeUndefined();
  });
});

it('a verifier ends after an hour, and what was discovered after a day, unless its user is away', async () => {
  const { options, wait, now } = manual();
  const client = clientOf(inMemory()(options), { now });
  const [hour, day] = [3_600_000, 86_400_000];
  await client.saveDiscoveryState(discovery);
  wait(day);
  expect(await client.discoveryState()).toEqual(discovery);
  await client.saveCodeVerifier('verifier');
  wait(hour - 1);
  expect(await everything(client)).toMatchObject({ verifier: 'verifier', discovery });
  wait(1);
  expect(await everything(client)).toMatchObject({ ...nothing, discovery: undefined });
  await client.saveDiscoveryState(discovery);
  wait(day + 1);
  expect(await client.discoveryState()).toBeUndefined();
});

it('a registration that was made beforehand is used, and nothing is registered', async () => {
  const db = inMemory()();
  await clientOf(db).saveClientInformation?.({ client_id: 'another' });
  const client = clientOf(db, { clientInformation: information });
  expect(await client.clientInformation()).toEqual(information);
  expect(client).not.toHaveProperty('saveClientInformation');
});

it('shows the SDK what the application said', async () => {
  const urls: URL[] = [];
  const client = clientOf(inMemory()(), {
    redirectUrl: 'https://app.example/callback',
    clientMetadataUrl: 'https://app.example/client.json',
    state: () => 'state',
    onRedirect: (url) => void urls.push(url),
  });
  await client.redirectToAuthorization(new URL('https://as.example/authorize'));
  expect(urls.map(String)).toEqual(['https://as.example/authorize']);
  expect(client).toMatchObject({ redirectUrl: 'https://app.example/callback', clientMetadata });
  expect([client.clientMetadataUrl, client.state?.()]).toEqual(['https://app.example/client.json', 'state']);
  const silent = clientOf(inMemory()());
  expect('state' in silent || 'clientMetadataUrl' in silent).toBe(false);
  await expect(silent.redirectToAuthorization(new URL(serverUrl))).rejects.toThrow(TypeError);
});

it.each([
  { userId: '' },
  { userId: '\ud800' },
  { userId: null },
  { serverUrl: 'mcp.example' },
  { serverURL: serverUrl },
])('refuses what it cannot mean: %o', (options) => {
  expect(() => clientOf(inMemory()(), options as object)).toThrow(TypeError);
});

it('a database that fails throws, and one that holds something else, too', async () => {
  const client = clientOf(failing());
  const calls = [client.clientInformation(), client.tokens(), client.codeVerifier(), client.discoveryState()];
  for (const outcome of await Promise.allSettled(calls.map(async (call) => call))) {
    expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'OAUTHDB_UNAVAILABLE' } });
  }
  const db = inMemory()();
  for (const text of ['secret', '"secret"', '{}', 'null']) {
    await db.storeToken(`mcp:tokens::${serverUrl}`, text);
    const error = await Promise.resolve(clientOf(db).tokens()).catch((reason: Error) => reason);
    expect(error).toMatchObject({ code: 'OAUTHDB_CORRUPT' });
    expect(String((error as Error).stack)).not.toContain('secret');
  }
});
