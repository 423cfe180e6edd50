import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { oauthClientProvider } from '@oauthdb/mcp';
import { open } from 'oauthdb';

const serverUrl = new URL(process.env['MCP_SERVER'] || 'http://localhost:3333/mcp');
const port = Number(process.env['CALLBACK_PORT'] || 3334);
const redirectUrl = `http://localhost:${port}/callback`;

const db = await open(process.env['OAUTHDB_URL'] || 'sqlite:./client.db');

/** Takes what the browser brings back, if it is the answer to what this run has asked for. */
const state = randomBytes(32).toString('base64url');
const answer = Promise.withResolvers<URLSearchParams>();
const callback = createServer((req, res) => {
  const { pathname, searchParams } = new URL(req.url ?? '/', redirectUrl);
  const isAnswer = pathname === '/callback' && searchParams.get('state') === state;
  res.writeHead(isAnswer ? 200 : 404, { connection: 'close' });
  res.end(isAnswer ? 'Thank you. This page can be closed.' : 'Not found');
  if (isAnswer) answer.resolve(searchParams);
});

const authProvider = oauthClientProvider(db, {
  serverUrl,
  redirectUrl,
  clientMetadata: {
    client_name: 'Example',
    redirect_uris: [redirectUrl],
    grant_types: ['authorization_code', 'refresh_token'],
  },
  state: () => state,
  onRedirect: async (url) => {
    await once(callback.listen(port, 'localhost'), 'listening');
    console.log(`Open this page, and agree:\n${url.href}`);
  },
});
const newTransport = (): StreamableHTTPClientTransport =>
  new StreamableHTTPClientTransport(serverUrl, { authProvider, fetch: authProvider.fetch });

const client = new Client({ name: 'example', version: '1.0.0' });
try {
  await client.connect(newTransport());
} catch (error) {
  // The first time there is no token, and after a long time no good one: the user has been asked.
  if (!(error instanceof UnauthorizedError)) throw error;
  const came = await answer.promise;
  callback.close();
  const code = came.get('code');
  if (code === null) throw new Error(`The server said ${came.get('error')}`, { cause: error });
  await newTransport().finishAuth(code);
  await client.connect(newTransport());
}

const { content } = await client.callTool({ name: 'whoami' });
console.log('The server knows me as', content);
await client.close();
await db.close();
