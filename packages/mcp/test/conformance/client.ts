// The client that @modelcontextprotocol/conformance runs, once for each of its scenarios: npm run conformance.
// OAUTHDB_URL=redis://… has it keep everything there, and else in memory.
import { randomUUID } from 'node:crypto';
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { OAuthDatabase } from '@oauthdb/core';
import { RedisOAuthDatabase } from '@oauthdb/ioredis';
import { MemoryOAuthDatabase, MemoryStore } from '@oauthdb/memory';
import { oauthClientProvider, type StoredOAuthClientProvider } from '../../src/index.ts';

const redirectUrl = 'http://localhost:3000/callback';
const serverUrl = process.argv.at(-1) ?? '';
const { client_id, client_secret } = JSON.parse(process.env['MCP_CONFORMANCE_CONTEXT'] ?? '{}') as {
  client_id?: string;
  client_secret?: string;
};

const [store, url] = [new MemoryStore(), process.env['OAUTHDB_URL']];
const keyPrefix = `conformance:${randomUUID()}:`;
const open = (): OAuthDatabase =>
  url === undefined
    ? new MemoryOAuthDatabase({ store, keyPrefix })
    : new RedisOAuthDatabase({ url, keyPrefix });

let code = '';

/** The user, who agrees to everything. */
async function browse(authorizationUrl: URL): Promise<void> {
  const answer = await fetch(authorizationUrl, { redirect: 'manual' });
  code = new URL(answer.headers.get('location') ?? '', redirectUrl).searchParams.get('code') ?? '';
}

function providerOn(db: OAuthDatabase): StoredOAuthClientProvider {
  return oauthClientProvider(db, {
    serverUrl,
    redirectUrl,
    clientMetadata: { client_name: 'oauthdb', redirect_uris: [redirectUrl] },
    clientMetadataUrl: 'https://conformance-test.local/client-metadata.json',
    clientInformation: client_id === undefined ? undefined : { client_id, client_secret },
    onRedirect: browse,
  });
}

/** Does its work on a database object of its own; whoever is sent away comes back to another one. */
async function run(work: (client: Client) => Promise<unknown>): Promise<void> {
  for (let left = 2; ; left--) {
    await using db = open();
    const authProvider = providerOn(db);
    const transport = new StreamableHTTPClientTransport(new URL(serverUrl), {
      authProvider,
      fetch: authProvider.fetch,
    });
    try {
      if (code !== '') {
        const given = code;
        code = '';
        await transport.finishAuth(given);
      }
      const client = new Client({ name: 'oauthdb', version: '1.0.0' });
      await client.connect(transport);
      await work(client);
      await transport.close();
      return;
    } catch (error) {
      if (!(error instanceof UnauthorizedError) || code === '' || left === 0) throw error;
    }
  }
}

try {
  await run(async (client) => {
    await client.listTools();
    await client.callTool({ name: 'test-tool', arguments: {} });
  });
} finally {
  await using db = open();
  await db.deleteTokens(await db.listTokens());
}
