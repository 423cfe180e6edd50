import {
  Client,
  StreamableHTTPClientTransport,
  UnauthorizedError,
  type OAuthClientProvider,
} from '@modelcontextprotocol/client';
import type { OAuthDatabase } from '@oauthdb/core';
import { describe, expect, it } from 'vitest';
import { oauthClientProvider } from '../src/index.ts';
import { backends } from './backends.ts';
import { consent, redirectUrl, start } from './running.ts';

describe.each(backends)('a client of the SDK 2, on %s', (_, makeStore) => {
  it('registers, authorizes, calls and refreshes, each step in a process of its own', async () => {
    const [open, { url: _url, mcpUrl: serverUrl, db }] = [makeStore(), await start(makeStore())];
    const redirects: URL[] = [];
    const providerOn = (database: OAuthDatabase) =>
      oauthClientProvider(database, {
        serverUrl,
        redirectUrl,
        clientMetadata: {
          redirect_uris: [redirectUrl],
          grant_types: ['authorization_code', 'refresh_token'],
        },
        onRedirect: (to) => void redirects.push(to),
      }) satisfies OAuthClientProvider;
    const whoami = async (code?: string): Promise<unknown> => {
      const authProvider = providerOn(open());
      const transport = (): StreamableHTTPClientTransport =>
        new StreamableHTTPClientTransport(serverUrl, { authProvider, fetch: authProvider.fetch });
      if (code !== undefined) await transport().finishAuth(code);
      const client = new Client({ name: 'example', version: '1.0.0' });
      await client.connect(transport());
      const { content } = await client.callTool({ name: 'whoami' });
      await client.close();
      return content;
    };
    const octocat = [{ type: 'text', text: 'octocat' }];

    await expect(whoami()).rejects.toBeInstanceOf(UnauthorizedError);
    expect(await whoami(await consent(redirects[0] as URL, 'octocat'))).toEqual(octocat);
    const before = await providerOn(open()).tokens();
    for await (const { jti } of db().accessTokens.list({ username: 'octocat' }))
      await db().accessTokens.revoke(jti);
    expect(await Promise.all([whoami(), whoami(), whoami()])).toEqual([octocat, octocat, octocat]);
    const after = await providerOn(open()).tokens();
    expect(after?.refresh_token).not.toBe(before?.refresh_token);
    expect(redirects).toHaveLength(1);
  });
});
