import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

interface Grant {
  readonly client: string;
  readonly refreshToken: string;
}

export interface AuthorizationServerOptions {
  /** Whether a refresh gives a new refresh token and ends the old one; if not, it gives none. */
  readonly rotates: boolean;
  /** How long access tokens live, in seconds. */
  readonly lifetime: number;
}

/** An authorization server and the resource at `/mcp/tools` that it protects, both on loopback, as ATXP's client expects them. */
export class AuthorizationServer {
  readonly #options: AuthorizationServerOptions;
  readonly #clients = new Map<string, string>();
  readonly #codes = new Map<string, { readonly client: string; readonly challenge: string }>();
  readonly #grants = new Map<string, Grant>();
  readonly #accessTokens = new Map<string, number>();
  /** How often each endpoint was called with success. */
  readonly counts = { register: 0, authorize: 0, code: 0, refresh: 0 };
  origin = '';

  constructor(options: AuthorizationServerOptions) {
    this.#options = options;
  }

  get resource(): string {
    return `${this.origin}/mcp`;
  }

  /** Every refresh token is refused from now on, and every access token, too. */
  revokeAll(): void {
    this.#grants.clear();
    this.#accessTokens.clear();
  }

  async start(): Promise<this> {
    const server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => {
        response.writeHead(500).end(String(error));
      });
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    this.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return this;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.origin);
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const json = (status: number, value: object): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    };
    switch (url.pathname) {
      case '/.well-known/oauth-protected-resource/mcp':
        return json(200, { resource: this.resource, authorization_servers: [this.origin] });
      case '/.well-known/oauth-authorization-server':
        return json(200, {
          issuer: this.origin,
          authorization_endpoint: `${this.origin}/authorize`,
          registration_endpoint: `${this.origin}/register`,
          token_endpoint: `${this.origin}/token`,
        });
      case '/register':
        return json(201, this.#register(JSON.parse(body) as object));
      case '/authorize':
        response.writeHead(302, { location: this.#authorize(url.searchParams) }).end();
        return;
      case '/token': {
        const tokens = this.#tokens(new URLSearchParams(body));
        return tokens === null ? json(400, { error: 'invalid_grant' }) : json(200, tokens);
      }
      case '/mcp/tools':
        return this.#serve(request, response);
      default:
        return json(404, {});
    }
  }

  #register(metadata: object): object {
    this.counts.register++;
    const client = { client_id: randomUUID(), client_secret: randomUUID(), client_secret_expires_at: 0 };
    this.#clients.set(client.client_id, client.client_secret);
    return { ...metadata, ...client };
  }

  #authorize(query: URLSearchParams): string {
    this.counts.authorize++;
    const code = randomUUID();
    const client = query.get('client_id') ?? '';
    if (!this.#clients.has(client)) throw new Error('unknown client');
    this.#codes.set(code, { client, challenge: query.get('code_challenge') ?? '' });
    const location = new URL(query.get('redirect_uri') ?? '');
    location.searchParams.set('code', code);
    location.searchParams.set('state', query.get('state') ?? '');
    return location.href;
  }

  #tokens(form: URLSearchParams): object | null {
    const client = form.get('client_id') ?? '';
    if (this.#clients.get(client) !== form.get('client_secret')) return null;
    const refreshToken = form.get('refresh_token');
    if (refreshToken !== null) {
      if (this.#grants.get(refreshToken)?.client !== client) return null;
      this.counts.refresh++;
      if (!this.#options.rotates) return this.#issue();
      this.#grants.delete(refreshToken);
      return this.#issue(client);
    }
    const code = this.#codes.get(form.get('code') ?? '');
    this.#codes.delete(form.get('code') ?? '');
    const verifier = createHash('sha256').update(form.get('code_verifier') ?? '');
    if (code?.client !== client || verifier.digest('base64url') !== code.challenge) return null;
    this.counts.code++;
    return this.#issue(client);
  }

  #issue(client?: string): object {
    const accessToken = randomUUID();
    this.#accessTokens.set(accessToken, Date.now() + this.#options.lifetime * 1000);
    const tokens = { access_token: accessToken, token_type: 'Bearer', expires_in: this.#options.lifetime };
    if (client === undefined) return tokens;
    const refreshToken = randomUUID();
    this.#grants.set(refreshToken, { client, refreshToken });
    return { ...tokens, refresh_token: refreshToken };
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
    if (token !== undefined && (this.#accessTokens.get(token) ?? 0) > Date.now()) {
      response.writeHead(200).end('tools');
      return;
    }
    const metadata = `Bearer resource_metadata="${this.origin}/.well-known/oauth-protected-resource/mcp"`;
    // What ATXP's client takes for a token that it should refresh.
    const challenge = token === undefined ? metadata : 'Bearer error="invalid_grant"';
    response.writeHead(401, { 'www-authenticate': challenge }).end();
  }
}
