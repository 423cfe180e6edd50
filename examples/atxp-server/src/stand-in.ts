// Stands in for ATXP's authorization server and for its accounts, on this machine, for whoever has no account.
import { randomUUID } from 'node:crypto';
import type { OAuthServerProvider } from '@modelcontextprotocol/sdk/server/auth/provider.js';
import { createOAuthMetadata, mcpAuthRouter } from '@modelcontextprotocol/sdk/server/auth/router.js';
import { OAuthDatabaseProvider } from '@oauthdb/mcp';
import express from 'express';
import { open } from 'oauthdb';

const port = Number(process.env['PORT'] || 3336);
const issuerUrl = new URL(`http://localhost:${port}`);
const accessTokenLifetime = 1000 * Number(process.env['ACCESS_TOKEN_SECONDS'] || 3600);

/** Who has signed which PKCE challenge. */
const signed = new Map<string, string>();

class Provider extends OAuthDatabaseProvider {
  /** Nobody is asked: that the account has signed the request is enough. */
  async authorize(...[client, params, res]: Parameters<OAuthServerProvider['authorize']>): Promise<void> {
    const jwt = res.req.headers.authorization?.replace(/^Bearer /, '') ?? '';
    const username = signed.get(`${jwt} ${params.codeChallenge}`);
    if (username === undefined) res.redirect(this.deny(params));
    else res.redirect(await this.approve(client, params, { username }));
  }
}

const provider = new Provider(await open('memory:'), { accessTokenLifetime });
const app = express();

app.get('/.well-known/oauth-authorization-server', (_, res) => {
  const introspection_endpoint = new URL('/introspect', issuerUrl).href;
  res.json({ ...createOAuthMetadata({ provider, issuerUrl }), introspection_endpoint });
});
app.use(mcpAuthRouter({ provider, issuerUrl }));

// RFC 7662. Who may ask is left out here.
app.post('/introspect', express.urlencoded({ extended: false }), async (req, res) => {
  const found = await provider.verifyAccessToken(String(req.body.token)).catch(() => null);
  res.json({ active: found !== null, ...(found && { sub: found.extra?.['username'] }) });
});

// What an ATXPAccount asks for, with its connection token as the user of Basic authentication.
app.post('/sign', express.json(), (req, res) => {
  const [, basic = ''] = /^Basic (.+)$/.exec(req.headers.authorization ?? '') ?? [];
  const jwt = randomUUID();
  const [account = ''] = Buffer.from(basic, 'base64').toString().split(':');
  signed.set(`${jwt} ${String(req.body.codeChallenge)}`, `atxp:${account}`);
  res.json({ jwt });
});

const listening = app.listen(port, 'localhost', () => console.log(`The stand-ins are at ${issuerUrl.href}`));
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    listening.close();
    listening.closeAllConnections();
  });
}
