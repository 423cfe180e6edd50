import { integer, refuseUnknownOptions, startTimer, type OAuthDatabase } from '@oauthdb/core';
import { optionNames, ownerOf, type OAuthClientProviderOptions } from './oauth-client-options.ts';
import { RefreshLock } from './refresh-lock.ts';
import { refreshingOnce, type Refreshes } from './refreshing.ts';
import { ageOf, format, parse, type Saved } from './saved.ts';
import type {
  FetchLike,
  OAuthClientInformationMixed,
  OAuthClientMetadata,
  OAuthClientProvider,
  OAuthDiscoveryState,
  OAuthTokens,
} from './sdk.ts';
import { StoredTokens, type Read } from './stored-tokens.ts';

/** How long the user may take to come back. */
const VERIFIER_MS = 60 * 60_000;

/** How long it is not asked again where the authorization server is. */
const DISCOVERY_MS = 24 * 60 * 60_000;

/** What is kept for one user and one server, each under a key of its own. */
type Part = 'client' | 'tokens' | 'verifier' | 'discovery';
const parts: readonly Part[] = ['client', 'tokens', 'verifier', 'discovery'];

/** An {@link OAuthClientProvider} with the members that storage is about. */
export type StoredOAuthClientProvider = OAuthClientProvider &
  Required<Pick<OAuthClientProvider, 'invalidateCredentials' | 'saveDiscoveryState' | 'discoveryState'>> & {
    /**
     * For the transport, beside the provider. With it a refresh token is presented once, by one caller of one process; the others
     * wait, and get the tokens that it brought. If that process dies, another one presents it after `refreshLease`.
     *
     * When the database fails during a refresh, the SDK throws its `TemporarilyUnavailableError`, whose message has the code: other
     * errors it takes for a reason to have the user log in again.
     */
    readonly fetch: FetchLike;
  };

/** How long a process has for a refresh. */
const LEASE_MS = 30_000;

/** The refreshes of this process. */
const refreshesOf = new WeakMap<OAuthDatabase, Refreshes>();

/**
 * What an MCP client of the SDK remembers of one server for one user, in an OAuth database: its registration, tokens, PKCE verifier
 * and what it discovered, so that the user comes back to any process, and authorizes once. Each member takes one round trip.
 *
 * What is missing is `undefined`; a database that fails throws, so that the SDK never takes credentials for missing.
 *
 * @example
 * const authProvider = oauthClientProvider(db, {
 *   serverUrl,
 *   userId: 'user_123',
 *   redirectUrl: 'https://app.example/callback',
 *   clientMetadata: { redirect_uris: ['https://app.example/callback'], client_name: 'App' },
 *   onRedirect: (url) => response.redirect(url.href),
 * });
 * const { fetch } = authProvider;
 * const transport = new StreamableHTTPClientTransport(new URL(serverUrl), { authProvider, fetch });
 */
export function oauthClientProvider(
  db: OAuthDatabase,
  options: OAuthClientProviderOptions,
): StoredOAuthClientProvider {
  refuseUnknownOptions(options, optionNames);
  return new ClientStorage(db, options);
}

class ClientStorage implements StoredOAuthClientProvider {
  readonly redirectUrl: string | URL | undefined;
  readonly clientMetadata: OAuthClientMetadata;
  declare readonly clientMetadataUrl?: string;
  declare readonly state?: () => string | Promise<string>;
  /** Left out for a registration that was made beforehand: the SDK then registers nothing. */
  declare readonly saveClientInformation?: (information: OAuthClientInformationMixed) => Promise<void>;
  readonly fetch: FetchLike;
  readonly #db: OAuthDatabase;
  readonly #owner: string;
  readonly #registered: OAuthClientInformationMixed | undefined;
  readonly #onRedirect: OAuthClientProviderOptions['onRedirect'];
  readonly #now: () => number;
  readonly #tokens: StoredTokens;
  /** The tokens that the SDK was given last. */
  #given: Read | null = null;
  /** How often the SDK has still to save what {@link fetch} has refreshed, and stored, by the access token. */
  readonly #refreshed = new Map<string, number>();

  constructor(db: OAuthDatabase, options: OAuthClientProviderOptions) {
    const { now = () => Date.now(), refreshLease = LEASE_MS } = options;
    const lease = integer('refreshLease', refreshLease, 1);
    this.#db = db;
    this.#owner = ownerOf(options);
    this.#registered = structuredClone(options.clientInformation);
    this.#onRedirect = options.onRedirect;
    this.#now = now;
    this.#tokens = new StoredTokens(db, this.#key('tokens'), now);
    const refreshes = refreshesOf.get(db) ?? { underWay: new Map(), unsaved: new Map() };
    refreshesOf.set(db, refreshes);
    this.fetch = refreshingOnce({
      fetch: options.fetch ?? ((url, init) => fetch(url, init)),
      owner: this.#owner,
      stored: this.#tokens,
      lock: new RefreshLock(db, `mcp:refreshing:${this.#owner}`, lease, now),
      refreshes,
      wait: options.wait ?? ((ms) => new Promise((resolve) => void startTimer(resolve, ms))),
      seen: () => this.#given?.tokens.access_token ?? null,
      refreshed: (accessToken) =>
        void this.#refreshed.set(accessToken, (this.#refreshed.get(accessToken) ?? 0) + 1),
    });
    this.redirectUrl = options.redirectUrl;
    this.clientMetadata = options.clientMetadata;
    if (options.clientMetadataUrl !== undefined) this.clientMetadataUrl = options.clientMetadataUrl;
    if (options.state !== undefined) this.state = options.state;
    if (this.#registered === undefined) {
      this.saveClientInformation = (information) => this.#save('client', information);
    }
  }

  async clientInformation(): Promise<OAuthClientInformationMixed | undefined> {
    if (this.#registered !== undefined) return structuredClone(this.#registered);
    return (await this.#read<OAuthClientInformationMixed>('client'))?.value;
  }

  /** The tokens, with what is left of `expires_in`. */
  async tokens(): Promise<OAuthTokens | undefined> {
    this.#given = await this.#tokens.read();
    return this.#given === null ? undefined : { ...this.#given.tokens };
  }

  /** Saves what a user has authorized. What {@link fetch} has refreshed is saved, unless it was replaced or deleted since. */
  async saveTokens(tokens: OAuthTokens): Promise<void> {
    const times = this.#refreshed.get(tokens.access_token) ?? 0;
    if (times === 0) return this.#tokens.save(tokens);
    if (times === 1) this.#refreshed.delete(tokens.access_token);
    else this.#refreshed.set(tokens.access_token, times - 1);
    return this.#tokens.bind(tokens);
  }

  async redirectToAuthorization(authorizationUrl: URL): Promise<void> {
    if (this.#onRedirect === undefined) throw new TypeError('onRedirect is missing: the user must authorize');
    await this.#onRedirect(authorizationUrl);
  }

  async saveCodeVerifier(codeVerifier: string): Promise<void> {
    await this.#save('verifier', codeVerifier, VERIFIER_MS);
  }

  async codeVerifier(): Promise<string> {
    const saved = await this.#read<string>('verifier');
    if (saved === undefined)
      throw new Error('No authorization is under way: it was never begun, or too long ago');
    return saved.value;
  }

  async saveDiscoveryState(state: OAuthDiscoveryState): Promise<void> {
    // Kept until no user who was sent away meanwhile can come back any more.
    await this.#save('discovery', state, DISCOVERY_MS + VERIFIER_MS);
  }

  /** What was discovered within a day; after that only for the user who is away. */
  async discoveryState(): Promise<OAuthDiscoveryState | undefined> {
    const [discovery = null, verifier = null] = await this.#db.getTokens([
      this.#key('discovery'),
      this.#key('verifier'),
    ]);
    if (discovery === null) return undefined;
    const saved = parse<OAuthDiscoveryState>(discovery);
    const isOld = ageOf(saved, this.#now()) > DISCOVERY_MS;
    return verifier === null && isOld ? undefined : saved.value;
  }

  /**
   * Deletes what the server has refused. Of `tokens`, only those that this object has read: another process may have refreshed them
   * meanwhile, and its successor is good.
   */
  async invalidateCredentials(scope: 'all' | Part): Promise<void> {
    if (scope === 'all') {
      await this.#db.deleteTokens(parts.map((part) => this.#key(part)));
      return;
    }
    if (!parts.includes(scope)) throw new TypeError(`scope must be all or one of ${parts.join(', ')}`);
    if (scope === 'tokens' && this.#given !== null) await this.#tokens.forget(this.#given);
    else await this.#db.deleteToken(this.#key(scope));
  }

  async #save(part: Part, value: unknown, lifeMs?: number): Promise<void> {
    const now = this.#now();
    const end = lifeMs === undefined ? undefined : new Date(now + lifeMs);
    await this.#db.storeToken(this.#key(part), format(value, now), end);
  }

  async #read<T>(part: Part): Promise<Saved<T> | undefined> {
    const text = await this.#db.getToken(this.#key(part));
    return text === null ? undefined : parse<T>(text);
  }

  #key(part: Part): string {
    return `mcp:${part}:${this.#owner}`;
  }
}
