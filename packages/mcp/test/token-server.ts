import type { FetchLike } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js';

/**
 * What a token endpoint does to a refresh token: leaves it valid, replaces it and ends the grant when it comes again, or gives
 * another successor whenever it comes.
 */
export type Rotation = 'none' | 'strict' | 'lenient';

/** A token endpoint in this process, for one grant. */
export class TokenServer {
  readonly #rotation: Rotation;
  readonly #valid = new Set(['r0']);
  readonly #spent = new Set<string>();
  #issued = 0;
  /** The refresh tokens that were presented. */
  readonly presented: string[] = [];

  constructor(rotation: Rotation) {
    this.#rotation = rotation;
  }

  /** What the first user was given. */
  static readonly first: OAuthTokens = { access_token: 'a0', token_type: 'Bearer', refresh_token: 'r0' };

  /** The request that an SDK sends to refresh. */
  static request(refreshToken: string): [url: string, init: RequestInit] {
    const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refreshToken });
    return ['https://as.example/token', { method: 'POST', body }];
  }

  /** Whether the server would take this refresh token. */
  takes(refreshToken: string | undefined): boolean {
    return this.#valid.has(refreshToken ?? '');
  }

  readonly fetch: FetchLike = async (_url, init) => {
    const token = new URLSearchParams(init?.body as URLSearchParams | undefined).get('refresh_token') ?? '';
    this.presented.push(token);
    if (this.#spent.has(token) && this.#rotation === 'strict') this.#valid.clear();
    if (!this.takes(token)) return Response.json({ error: 'invalid_grant' }, { status: 400 });
    const n = ++this.#issued;
    const tokens = { access_token: `a${n}`, token_type: 'Bearer' };
    if (this.#rotation === 'none') return Response.json(tokens);
    this.#spent.add(token);
    if (this.#rotation === 'strict') this.#valid.delete(token);
    this.#valid.add(`r${n}`);
    return Response.json({ ...tokens, refresh_token: `r${n}` });
  };
}
