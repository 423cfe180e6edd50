import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { requireBearerAuth } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js';
import type { OAuthServerProvider } from '@modelcontextprotocol/sdk/server/auth/provider.js';
import { mcpAuthRouter } from '@modelcontextprotocol/sdk/server/auth/router.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import express, { type Express } from 'express';

/** An MCP server that listens. */
export interface Serving {
  readonly issuerUrl: URL;
  readonly mcpUrl: URL;
  /** What was asked of it since the last call of this, and how it answered. */
  readonly answered: () => string[];
  readonly close: () => Promise<void>;
}

/** Serves MCP on a free port of the loopback interface, to whom `provider` lets in. It has one tool, `whoami`. */
export async function serve(provider: OAuthServerProvider): Promise<Serving> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuerUrl = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const answered: string[] = [];
  server.on('request', application(provider, issuerUrl, answered));
  return {
    issuerUrl,
    mcpUrl: new URL('/mcp', issuerUrl),
    answered: () => answered.splice(0),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function application(provider: OAuthServerProvider, issuerUrl: URL, answered: string[]): Express {
  const app = express();
  // The client asks for a stream of messages once it is connected, and there is none.
  app.get('/mcp', (_, res) => void res.sendStatus(405));
  app.use((req, res, next) => {
    // The path alone: a query may hold a code.
    const [path] = req.originalUrl.split('?');
    res.once('finish', () => answered.push(`${req.method} ${path}: ${res.statusCode}`));
    next();
  });
  app.use(mcpAuthRouter({ provider, issuerUrl, resourceServerUrl: new URL('/mcp', issuerUrl) }));
  app.post('/mcp', requireBearerAuth({ verifier: provider }), express.json(), async (req, res) => {
    const mcp = new McpServer({ name: 'demo', version: '1.0.0' });
    mcp.registerTool('whoami', {}, ({ authInfo }) => ({
      content: [{ type: 'text', text: String(authInfo?.extra?.['username']) }],
    }));
    const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true });
    res.on('close', () => void mcp.close());
    await mcp.connect(transport);
    await transport.handleRequest(req, res, req.body);
  });
  return app;
}
