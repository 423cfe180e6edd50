import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { OAuthClientInformationFull, OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js';
import type { OAuthDatabase } from '@oauthdb/core';
import { describe, expect, it } from 'vitest';
import { oauthClientProvider } from '../src/index.ts';
import { backends, type Open } from './backends.ts';
import { connect } from './readme/client.ts';
import { consent, redirectUrl, start, type Running } from './running.ts';

const USER = 'user_123';

/** Begins, lets the user agree, and gives the code. */
async function authorize(open: Open, { mcpUrl, restart }: Running): Promise<string> {
  const redirects: URL[] = [];
  const onRedirect = (url: URL): void => void redirects.push(url);
  await expect(connect(open(), mcpUrl, USER, { onRedirect })).rejects.toBeInstanceOf(UnauthorizedError);
  restart();
  const [authorizationUrl, ...more] = redirects;
  expect(more).toEqual([]);
  return consent(authorizationUrl as URL, 'octocat');
}

async function whoami(client: Client): Promise<string> {
  const { content } = await client.callTool({ name: 'whoami' });
  return (content as { text: string }[]).map(({ text }) => text).join('');
}

const stored = (db: OAuthDatabase, { mcpUrl: serverUrl }: Running) =>
  oauthClientProvider(db, { serverUrl, userId: USER, clientMetadata: { redirect_uris: [] } });

async function post(url: URL, path: string, members: Record<string, string | undefined>) {
  const sent = Object.entries(members).filter(
    (member): member is [string, string] => member[1] !== undefined,
  );
  const answer = await fetch(new URL(path, url), { method: 'POST', body: new URLSearchParams(sent) });
  return { status: answer.status, body: (await answer.json()) as { error?: string } };
}

async function count(items: AsyncIterable<unknown>): Promise<number> {
  const found: unknown[] = [];
  for await (const item of items) found.push(item);
  return found.length;
}

describe.each(backends)('a server and a client of the SDK, on %s', (_, makeStore) => {
  it('register, authorize, call, refresh and revoke, each step in a process of its own', async () => {
    const [open, openClient] = [makeStore(), makeStore()];
    const running = await start(open);
    const code = await authorize(openClient, running);

    running.restart();
    const client = await connect(openClient(), running.mcpUrl, USER, { code });
    expect(await whoami(client)).toBe('octocat');
    expect(await count(running.db().clients.list())).toBe(1);
    const first = (await stored(openClient(), running).tokens()) as OAuthTokens;

    // Another process needs nothing but the database.
    running.restart();
    const never = { onRedirect: () => expect.unreachable() };
    expect(await whoami(await connect(openClient(), running.mcpUrl, USER, never))).toBe('octocat');
    await expect(connect(openClient(), running.mcpUrl, 'another user', {})).rejects.toThrow('onRedirect');

    // The access token ends; the client refreshes by itself.
    const username = 'octocat';
    for await (const { jti } of running.db().accessTokens.list({ username })) {
      expect(await running.db().accessTokens.revoke(jti)).toBe(true);
    }
    expect(await whoami(client)).toBe('octocat');
    const second = (await stored(openClient(), running).tokens()) as OAuthTokens;
    expect(second.access_token).not.toBe(first.access_token);
    expect(second.refresh_token).not.toBe(first.refresh_token);

    const { client_id, client_secret } = (await stored(
      openClient(),
      running,
    ).clientInformation()) as OAuthClientInformationFull;
    const revoked = { client_id, client_secret, token: second.refresh_token };
    expect(await post(running.url, '/revoke', revoked)).toMatchObject({ status: 200 });
    expect(await post(running.url, '/revoke', revoked)).toMatchObject({ status: 200 });
    expect(await count(running.db().accessTokens.list({ username }))).toBe(0);
    expect(await count(running.db().refreshTokens.list({ username }))).toBe(0);

    running.restart();
    const redirects: URL[] = [];
    const onRedirect = (url: URL): void => void redirects.push(url);
    const refused = connect(openClient(), running.mcpUrl, USER, { onRedirect });
    await expect(refused).rejects.toBeInstanceOf(UnauthorizedError);
    await expect(whoami(client)).rejects.toThrow('onRedirect');
    expect(redirects[0]?.pathname).toBe('/authorize');
    expect(await stored(openClient(), running).tokens()).toBeUndefined();
    // Nothing was registered again: it is this user's client, and the other user's.
    expect(await count(running.db().clients.list())).toBe(2);
  });

  it('present a refresh token once, whoever of many notices first that the access token has ended', async () => {
    const open = makeStore();
    const running = await start(open);
    const code = await authorize(open, running);
    // Some share a database object, others are processes of their own that come later.
    const [here, there] = [open(), open()];
    const first = await connect(here, running.mcpUrl, USER, { code });
    const more = Array.from({ length: 9 }, () => connect(here, running.mcpUrl, USER, {}));
    const clients = [first, ...(await Promise.all(more))];
    const stale = stored(there, running);
    const { refresh_token: presented = '' } = (await stale.tokens()) as OAuthTokens;
    for await (const { jti } of running.db().accessTokens.list({ username: 'octocat' })) {
      await running.db().accessTokens.revoke(jti);
    }
    expect(new Set(await Promise.all(clients.map((client) => whoami(client))))).toEqual(new Set(['octocat']));
    // Had any been presented twice, the grant would have ended.
    expect(await count(running.db().refreshTokens.list({ username: 'octocat' }))).toBe(1);

    // It read the tokens before they were replaced.
    const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: presented });
    const answer = await stale.fetch('http://127.0.0.1:1/token', { method: 'POST', body });
    const { issuer, ...current } = (await stored(here, running).tokens()) as OAuthTokens;
    expect(issuer).toBeDefined();
    expect(await answer.json()).toEqual(current);
    expect(current.refresh_token).not.toBe(presented);
  });

  it('a code that is redeemed twice ends what it brought', async () => {
    const open = makeStore();
    const running = await start(open);
    const code = await authorize(open, running);
    const storage = stored(open(), running);
    const presented = {
      grant_type: 'authorization_code',
      code,
      code_verifier: await storage.codeVerifier(),
      redirect_uri: redirectUrl,
      ...(await storage.clientInformation()),
    } as unknown as Record<string, string>;
    expect(await post(running.url, '/token', { ...presented, code_verifier: 'x'.repeat(43) })).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant' },
    });
    expect(await post(running.url, '/token', presented)).toMatchObject({ status: 200 });
    expect(await count(running.db().accessTokens.list({ username: 'octocat' }))).toBe(1);
    running.restart();
    expect(await post(running.url, '/token', presented)).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant' },
    });
    expect(await count(running.db().accessTokens.list({ username: 'octocat' }))).toBe(0);
    expect(await count(running.db().refreshTokens.list({ username: 'octocat' }))).toBe(0);
  });
});
