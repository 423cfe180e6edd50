import {
  AccessDeniedError,
  InvalidGrantError,
  InvalidTokenError,
  type OAuthError,
} from '@modelcontextprotocol/sdk/server/auth/errors.js';
import { integer, refuseUnknownOptions, type OAuthDatabase } from '@oauthdb/core';
import type { Consent, OAuthDatabaseProviderOptions, PendingAuthorization } from './authorization.ts';
import { clientsStore } from './clients-store.ts';
import { isStorable, jtiOf, newSecret } from './presented.ts';
import { checkRedirectUri, redirect } from './redirects.ts';
import { reporting } from './reporting.ts';
import { resourceUrl, scopeOf, scopesOf } from './scopes.ts';
import type {
  AuthInfo,
  AuthorizationParams,
  AuthorizationResponse,
  OAuthClientInformationFull,
  OAuthRegisteredClientsStore,
  OAuthTokenRevocationRequest,
  OAuthTokens,
} from './sdk.ts';
import { codeOf, redeem, refresh, type AccessTokenLife } from './token-endpoint.ts';

const HOUR_MS = 3_600_000;

/** The last second that a date can name, for tokens that never end: the SDK takes none without an end. */
const NEVER = 8.64e12;

/**
 * The SDK's `OAuthServerProvider`, which keeps everything in an OAuth database: what `mcpAuthRouter` and `requireBearerAuth` ask for. The
 * application adds how its users log in and agree: {@link authorize}.
 *
 * Codes are redeemed once, and refresh tokens rotate; whoever presents either a second time ends the grant. Refused requests are the
 * SDK's OAuth errors; a database that fails is no such error, so that the router answers with status 500 and no client takes its
 * tokens for invalid.
 *
 * @example
 * class Provider extends OAuthDatabaseProvider {
 *   async authorize(client, params, res) {
 *     res.redirect(await this.approve(client, params, { username: 'octocat' }));
 *   }
 * }
 * app.use(mcpAuthRouter({ provider: new Provider(db), issuerUrl }));
 */
export abstract class OAuthDatabaseProvider {
  protected readonly db: OAuthDatabase;
  readonly #life: AccessTokenLife;
  readonly #clients: Required<OAuthRegisteredClientsStore>;

  constructor(db: OAuthDatabase, options: OAuthDatabaseProviderOptions = {}) {
    refuseUnknownOptions(options, ['accessTokenLifetime', 'onError', 'now']);
    const { accessTokenLifetime = HOUR_MS, onError, now = () => Date.now() } = options;
    this.#life = { milliseconds: integer('accessTokenLifetime', accessTokenLifetime, 1), now };
    this.db = onError === undefined ? db : reporting(db, onError);
    this.#clients = clientsStore(this.db);
  }

  /** Registrations of clients; override it to refuse some, or to offer no dynamic registration. */
  get clientsStore(): OAuthRegisteredClientsStore {
    return this.#clients;
  }

  /**
   * Asks the user, and sends the browser on to what {@link approve} or {@link deny} give: at once, or, when a page has to be shown
   * first, later, with what {@link remember} and {@link recall} keep for so long.
   */
  abstract authorize(
    client: OAuthClientInformationFull,
    params: AuthorizationParams,
    res: AuthorizationResponse,
  ): Promise<void>;

  /**
   * Stores a code for what the user has agreed to, and gives the URL of the client's to redirect the browser to. One round trip.
   *
   * @throws InvalidRequestError for a redirect URI that the client has not registered.
   * @see RFC 6749 section 4.1.2
   */
  async approve(
    client: OAuthClientInformationFull,
    params: AuthorizationParams,
    { username, user_id, scopes = params.scopes, extra }: Consent,
  ): Promise<string> {
    checkRedirectUri(client, params.redirectUri);
    const code = newSecret();
    await this.db.codes.store(code, {
      client_id: client.client_id,
      redirect_uri: params.redirectUri,
      username,
      user_id,
      scope: scopeOf(scopes),
      resource: params.resource?.href,
      code_challenge: params.codeChallenge,
      code_challenge_method: 'S256',
      extra,
    });
    return redirect(params, { code });
  }

  /** The URL to redirect the browser to when the user, or the application, refuses. @see RFC 6749 section 4.1.2.1 */
  deny(
    params: AuthorizationParams,
    error: OAuthError = new AccessDeniedError('The request was refused'),
  ): string {
    return redirect(params, { error: error.errorCode, error_description: error.message });
  }

  /**
   * Keeps an authorization request for `lifetimes.state` of the database, and gives the ticket for {@link recall}: a secret, to be
   * put into the form that the user sends back. One round trip.
   *
   * @throws InvalidRequestError for a redirect URI that the client has not registered.
   */
  async remember(client: OAuthClientInformationFull, params: AuthorizationParams): Promise<string> {
    checkRedirectUri(client, params.redirectUri);
    const ticket = newSecret();
    await this.db.states.store(ticket, {
      client_id: client.client_id,
      redirect_uri: params.redirectUri,
      state: params.state,
      scope: scopeOf(params.scopes),
      resource: params.resource?.href,
      code_challenge: params.codeChallenge,
      code_challenge_method: 'S256',
    });
    return ticket;
  }

  /** What the ticket was given for, once; `null` when it was used, has expired, or its client is gone. Two round trips. */
  async recall(ticket: string): Promise<PendingAuthorization | null> {
    const consumed = isStorable(ticket) ? await this.db.states.consume(ticket) : null;
    if (consumed?.status !== 'consumed') return null;
    const { client_id, redirect_uri, state, scope, resource, code_challenge } = consumed.state;
    const client = await this.clientsStore.getClient(client_id);
    if (client === undefined || typeof redirect_uri !== 'string' || typeof code_challenge !== 'string')
      return null;
    const url = resourceUrl(resource);
    const params = {
      redirectUri: redirect_uri,
      codeChallenge: code_challenge,
      scopes: scopesOf(scope),
      ...(state === undefined ? {} : { state }),
      ...(url === undefined ? {} : { resource: url }),
    };
    return { client, params };
  }

  /**
   * The PKCE challenge of a code, which stays usable. One round trip.
   *
   * @throws InvalidGrantError for a code that this client cannot redeem; if it was redeemed before, its grant is revoked.
   */
  async challengeForAuthorizationCode(
    client: OAuthClientInformationFull,
    authorizationCode: string,
  ): Promise<string> {
    const code = await codeOf(this.db, client, authorizationCode);
    if (typeof code.code_challenge === 'string') return code.code_challenge;
    throw new InvalidGrantError('Authorization code has no PKCE challenge');
  }

  /**
   * Redeems a code: of any number of callers one gets tokens, and any later one ends the grant. Two round trips.
   *
   * The PKCE challenge is the router's to verify, with {@link challengeForAuthorizationCode}.
   *
   * @throws InvalidGrantError @throws InvalidTargetError
   * @see RFC 6749 section 4.1.3
   */
  async exchangeAuthorizationCode(
    client: OAuthClientInformationFull,
    authorizationCode: string,
    _codeVerifier?: string,
    redirectUri?: string,
    resource?: URL,
  ): Promise<OAuthTokens> {
    return redeem(this.db, this.#life, client, { code: authorizationCode, redirectUri, resource });
  }

  /**
   * Replaces a refresh token by a new one, with an access token for the same or for less. Two round trips. If it was replaced before,
   * everything of its grant is revoked; within `rotation.gracePeriod` of the database it gets the same answer again.
   *
   * @throws InvalidGrantError @throws InvalidScopeError @throws InvalidTargetError
   * @see RFC 6749 section 6, RFC 9700 section 4.14.2
   */
  async exchangeRefreshToken(
    client: OAuthClientInformationFull,
    refreshToken: string,
    scopes?: string[],
    resource?: URL,
  ): Promise<OAuthTokens> {
    return refresh(this.db, this.#life, client, { refreshToken, scopes, resource });
  }

  /**
   * What an access token stands for. One round trip.
   *
   * `expiresAt` is in epoch seconds; `extra` has `username`, `user_id`, `grant_id`, and what the consent added.
   *
   * @throws InvalidTokenError for a token that is unknown, expired or revoked.
   */
  async verifyAccessToken(token: string): Promise<AuthInfo> {
    const found = await this.db.accessTokens.get(jtiOf(token));
    if (found === null) throw new InvalidTokenError('Invalid or expired token');
    const { client_id, username, user_id, grant_id, scope, resource, expires_at, extra } = found;
    const url = resourceUrl(resource);
    return {
      token,
      clientId: client_id,
      scopes: scopesOf(scope),
      expiresAt: expires_at === null ? NEVER : Math.floor(Date.parse(expires_at) / 1000),
      ...(url === undefined ? {} : { resource: url }),
      extra: { ...(extra as object | undefined), username, user_id, grant_id },
    };
  }

  /**
   * Revokes an access token by itself, or a refresh token with everything of its grant; does nothing for an unknown one.
   *
   * @throws InvalidGrantError for another client's.
   * @see RFC 7009 section 2.1
   */
  async revokeToken(
    { client_id: clientId }: OAuthClientInformationFull,
    { token }: OAuthTokenRevocationRequest,
  ): Promise<void> {
    const jti = jtiOf(token);
    const [access, refreshable] = await Promise.all([
      this.db.accessTokens.get(jti),
      isStorable(token) ? this.db.refreshTokens.get(token) : null,
    ]);
    const found = access ?? refreshable;
    if (found === null) return;
    if (found.client_id !== clientId) throw new InvalidGrantError('Token was not issued to this client');
    if (access !== null) await this.db.accessTokens.revoke(jti);
    else await this.db.revoke({ grantId: found.grant_id });
  }
}
