import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { ConsoleLogger, DEFAULT_AUTHORIZATION_SERVER, LogLevel, OAuthResourceClient } from '@atxp/common';
import { atxpOAuthDb } from '@oauthdb/atxp';
import { RedisOAuthDatabase } from '@oauthdb/ioredis';
import express from 'express';
import { z } from 'zod';

const authorizationServer = process.env['ATXP_AUTH_SERVER'] || DEFAULT_AUTHORIZATION_SERVER;
const port = Number(process.env['PORT'] || 3335);
const origin = `http://localhost:${port}`;

const db = new RedisOAuthDatabase({
  url: process.env['REDIS_URL'] || 'redis://localhost:6379',
  keyPrefix: 'server:oauth:',
});
const oAuthDb = atxpOAuthDb(db);
const resource = new OAuthResourceClient({
  db: oAuthDb,
  clientName: 'My MCP Server',
  allowInsecureRequests: authorizationServer.startsWith('http://localhost:'),
  logger: new ConsoleLogger({ level: LogLevel.WARN }),
});

/** What `atxpExpress` does for each request, as far as tokens go: asks whose it is, and keeps it for calls on their behalf. */
async function verify(authorization: string | undefined): Promise<AuthInfo | null> {
  const [, token] = /^Bearer (.+)$/.exec(authorization ?? '') ?? [];
  if (token === undefined) return null;
  const { active, sub, scope } = await resource.introspectToken(authorizationServer, token);
  if (!active || sub === undefined) return null;
  await oAuthDb.saveAccessToken(sub, '', { accessToken: token, resourceUrl: '' });
  return { token, clientId: sub, scopes: scope?.split(' ') ?? [] };
}

const app = express();
app.get('/.well-known/oauth-protected-resource/mcp', (_, res) => {
  res.json({ resource: `${origin}/mcp`, authorization_servers: [authorizationServer] });
});

// There is no stream of messages to listen to.
app.get('/mcp', (_, res) => void res.status(405).end());
app.post('/mcp', express.json(), async (req, res) => {
  const auth = await verify(req.headers.authorization);
  if (auth === null) {
    // An ATXP client refreshes for this error, and begins anew if there is none.
    const error = req.headers.authorization === undefined ? '' : 'error="invalid_grant", ';
    const metadata = `${origin}/.well-known/oauth-protected-resource/mcp`;
    res.set('www-authenticate', `Bearer ${error}resource_metadata="${metadata}"`).sendStatus(401);
    return;
  }
  const server = new McpServer({ name: 'example', version: '1.0.0' });
  server.registerTool('browse', { inputSchema: { url: z.string() } }, ({ url }, { authInfo }) => ({
    content: [{ type: 'text', text: `${authInfo?.clientId} asks for ${url}` }],
  }));
  const transport = new StreamableHTTPServerTransport();
  res.on('close', () => void server.close());
  await server.connect(transport);
  await transport.handleRequest(Object.assign(req, { auth }), res, req.body);
});

const listening = app.listen(port, 'localhost', () => console.log(`An ATXP server is at ${origin}/mcp`));
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    listening.close(() => void db.close());
    listening.closeAllConnections();
  });
}
