import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { OAuthDatabase } from '@oauthdb/core';
import { oauthClientProvider } from '@oauthdb/mcp';

const redirectUrl = 'http://localhost:3334/callback';

/** A connection to an MCP server for one user; `code` is what the user came back with from `onRedirect`, to whichever process. */
export async function connect(
  db: OAuthDatabase,
  serverUrl: URL,
  userId: string,
  { onRedirect, code }: { onRedirect?: (url: URL) => void; code?: string },
): Promise<Client> {
  const authProvider = oauthClientProvider(db, {
    serverUrl,
    userId,
    redirectUrl,
    clientMetadata: {
      client_name: 'Example',
      redirect_uris: [redirectUrl],
      grant_types: ['authorization_code', 'refresh_token'],
    },
    onRedirect,
  });
  const transport = (): StreamableHTTPClientTransport =>
    new StreamableHTTPClientTransport(serverUrl, { authProvider, fetch: authProvider.fetch });
  if (code !== undefined) await transport().finishAuth(code);
  const client = new Client({ name: 'example', version: '1.0.0' });
  // Throws the SDK's UnauthorizedError once it has called onRedirect.
  await client.connect(transport());
  return client;
}
