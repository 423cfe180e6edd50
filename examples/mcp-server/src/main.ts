import { requireBearerAuth } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js';
import type { OAuthServerProvider } from '@modelcontextprotocol/sdk/server/auth/provider.js';
import {
  getOAuthProtectedResourceMetadataUrl,
  mcpAuthRouter,
} from '@modelcontextprotocol/sdk/server/auth/router.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { OAuthDatabaseProvider } from '@oauthdb/mcp';
import express from 'express';
import { open } from 'oauthdb';

const port = Number(process.env['PORT'] || 3333);
const issuerUrl = new URL(process.env['ISSUER_URL'] || `http://localhost:${port}`);
const mcpUrl = new URL('/mcp', issuerUrl);

// A file, or whatever else a URL names: redis://localhost:6379 and nothing more.
const db = await open(process.env['OAUTHDB_URL'] || 'sqlite:./oauth.db');

/** Asks who the user is, and believes the answer: a real one asks for a password, or another server. */
class Provider extends OAuthDatabaseProvider {
  async authorize(...[client, params, res]: Parameters<OAuthServerProvider['authorize']>): Promise<void> {
    const ticket = await this.remember(client, params);
    res.send(`<form method="post" action="/consent">
      <input type="hidden" name="ticket" value="${ticket}">
      <input name="username" placeholder="your name"> <button>Allow</button>
    </form>`);
  }
}

const provider = new Provider(db);
const app = express();
app.use(mcpAuthRouter({ provider, issuerUrl, resourceServerUrl: mcpUrl, scopesSupported: ['mcp:tools'] }));

app.post('/consent', express.urlencoded({ extended: false }), async (req, res) => {
  const pending = await provider.recall(String(req.body.ticket));
  const username = String(req.body.username || 'nobody');
  if (pending === null) res.status(400).send('Please begin again.');
  else res.redirect(await provider.approve(pending.client, pending.params, { username }));
});

const bearer = requireBearerAuth({
  verifier: provider,
  requiredScopes: ['mcp:tools'],
  resourceMetadataUrl: getOAuthProtectedResourceMetadataUrl(mcpUrl),
  expectedResource: mcpUrl,
});
// There is no stream of messages to listen to.
app.get('/mcp', (_, res) => void res.status(405).end());
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

const listening = app.listen(port, 'localhost', () => console.log(`An MCP server is at ${mcpUrl.href}`));
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    listening.close(() => void db.close());
    listening.closeAllConnections();
  });
}
