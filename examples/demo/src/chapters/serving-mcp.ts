import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { OAuthServerProvider } from '@modelcontextprotocol/sdk/server/auth/provider.js';
import { OAuthDatabaseProvider, oauthClientProvider } from '@oauthdb/mcp';
import { open } from 'oauthdb';
import type { Chapter } from '../chapter.ts';
import { mask } from '../format.ts';
import { serve } from '../mcp-server.ts';

export const servingMcp: Chapter = {
  title: 'An MCP server and its client, over HTTP',
  file: import.meta.url,
  async play({ url, keyPrefix, serverKeyPrefix, key, say, show }) {
    say('Serve MCP: what the SDK leaves open is how users log in; here all are octocat, and agree');
    const secrets = { keys: [{ id: 'demo', key }] };
    const db = await open(url, { keyPrefix, serverKeyPrefix, secrets });
    class Provider extends OAuthDatabaseProvider {
      async authorize(...[client, params, res]: Parameters<OAuthServerProvider['authorize']>) {
        res.redirect(await this.approve(client, params, { username: 'octocat' }));
      }
    }
    const { mcpUrl, issuerUrl, answered, close } = await serve(new Provider(db));
    show(mcpUrl.href);

    say('Register: a client that knows this URL and nothing else is refused, and finds its way');
    const redirect_uri = 'http://localhost:8080/callback';
    const pages: URL[] = [];
    const authProvider = oauthClientProvider(db, {
      serverUrl: mcpUrl,
      userId: 'user_123',
      redirectUrl: redirect_uri,
      clientMetadata: {
        client_name: 'My MCP Client',
        redirect_uris: [redirect_uri],
        grant_types: ['authorization_code', 'refresh_token'],
      },
      onRedirect: (page) => void pages.push(page),
    });
    const { fetch: authorized } = authProvider;
    const transport = () => {
      return new StreamableHTTPClientTransport(mcpUrl, { authProvider, fetch: authorized });
    };
    const client = new Client({ name: 'demo', version: '1.0.0' });
    show(await client.connect(transport()).catch((error) => error.constructor.name));
    answered().forEach(show);

    say('Authorize: the browser of its user goes to the page that it names, and is sent back');
    const { headers } = await fetch(pages[0]!, { redirect: 'manual' });
    const code = new URL(headers.get('location')!).searchParams.get('code');
    answered().forEach(show);
    show(mask(code));

    say('Token: the client brings the code, and the PKCE verifier that waited in the database');
    await transport().finishAuth(code!);
    const first = await authProvider.tokens();
    answered().forEach(show);
    show(mask(first!.access_token));
    show(mask(first!.refresh_token!));

    say('Call a tool: the server finds whose token it is');
    await client.connect(transport());
    const whoami = async () => (await client.callTool({ name: 'whoami' })).content;
    show(await whoami());

    say('Refresh: the access token ends, and the client gets another one without asking anybody');
    for await (const { jti } of db.accessTokens.list({ username: 'octocat' })) {
      await db.accessTokens.revoke(jti);
    }
    answered();
    show(await whoami());
    answered().forEach(show);
    const second = await authProvider.tokens();
    show(second!.refresh_token === first!.refresh_token);

    say('Revoke: the client is done, and all that came of its grant ends');
    const { client_id, client_secret } = (await authProvider.clientInformation())!;
    await fetch(new URL('/revoke', issuerUrl), {
      method: 'POST',
      body: new URLSearchParams({
        token: second!.refresh_token!,
        client_id,
        client_secret: client_secret!,
      }),
    });
    answered().forEach(show);
    show((await db.accessTokens.listPage({ username: 'octocat' })).items);

    say('Refused: neither token is good any more, so the client asks its user again');
    show(await whoami().catch((error) => error.constructor.name));
    answered().forEach(show);
    show(pages[1]!.pathname);

    say('Stop serving, and leave nothing behind');
    await close();
    await authProvider.invalidateCredentials('all');
    show((await db.clients.delete(client_id)).deleted);
    show(await db.listTokens());
    await db.close();
  },
};
