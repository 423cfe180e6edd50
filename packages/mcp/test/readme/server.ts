import { requireBearerAuth } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js';
import type { OAuthServerProvider } from '@modelcontextprotocol/sdk/server/auth/provider.js';
import {
  getOAuthProtectedResourceMetadataUrl,
  mcpAuthRouter,
} from '@modelcontextprotocol/sdk/server/auth/router.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { OAuthDatabase } from '@oauthdb/core';
import { OAuthDatabaseProvider } from '@oauthdb/mcp';
import express, { type Express } from 'express';

/** Asks who the user is, and believes the answer: a real one asks for a password, or another server. */
class Provider extends OAuthDatabaseProvider {
  async authorize(...[client, params, res]: Parameters<OAuthServerProvider['authorize']>): Promise<void> {
    const ticket = await this.remember(client, params);
    res.send(`<form method="post" action="/consent">
      <input type="hidden" name="ticket" value="${ticket}">
      <input name="username"> <button>Allow</button>
    </form>`);
  }
}

export function serverOn(db: OAuthDatabase, url: URL): Express {
  const provider = new Provider(db);
  const mcpUrl = new URL('/mcp', url);
  const app = express();
  app.use(
    mcpAuthRouter({ provider, issuerUrl: url, resourceServerUrl: mcpUrl, scopesSupported: ['mcp:tools'] }),
  );

  app.post('/consent', express.urlencoded({ extended: false }), async (req, res) => {
    const pending = await provider.recall(String(req.body.ticket));
    const consent = { username: String(req.body.username) };
    if (pending === null) res.status(400).send('Please begin again.');
    else res.redirect(await provider.approve(pending.client, pending.params, consent));
  });

  const bearer = requireBearerAuth({
    verifier: provider,
    requiredScopes: ['mcp:tools'],
    resourceMetadataUrl: getOAuthProtectedResourceMetadataUrl(mcpUrl),
    expectedResource: mcpUrl,
  });
  app.post('/mcp', bearer, express.json(), async (req, res) => {
    const server = new McpServer({ name: 'example', version: '1.0.0' });
    server.registerTool('whoami', {}, ({ authInfo }) => ({
      content: [{ type: 'text', text: String(authInfo?.extra?.['username']) }],
    }));
    const transport = new StreamableHTTPServerTransport();
    res.on('close', () => void server.close());
    await server.connect(transport);
    await transport.handleRequest(req, res, req.body);
  });
  return app;
}
