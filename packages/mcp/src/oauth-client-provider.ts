import { kindOf, refuseUnknownOptions, type OAuthDatabase } from '@oauthdb/core';
import { refreshingOnce } from './refreshing.ts';
import { parse, type Saved } from './saved.ts';
import type {
  FetchLike,
  OAuthClientInformationMixed,
  OAuthClientMetadata,
  OAuthClientProvider,
  OAuthDiscoveryState,
  OAuthTokens,
} from './sdk.ts';

export interface OAuthClientProviderOptions {
  /** The MCP server, as its transport is told. */
  readonly serverUrl: string | URL;
  /** Whose tokens they are. Default: the application's own. */
  readonly userId?: string | undefined;
  /** Where the user comes back to; left out for grants without a user. */
  readonly redirectUrl?: string | URL | undefined;
  readonly clientMetadata: OAuthClientMetadata;
  /** Shows the user the authorization page. */
  readonly onRedirect?: ((authorizationUrl: URL) => void | Promise<void>) | undefined;
  /** A registration that was made beforehand; nothing is registered then. Name its `issuer`, so that no other server gets it. */
  readonly clientInformation?: OAuthClientInformationMixed | undefined;
  /** Where authorization servers find the client's metadata, if they take a URL for a client id. */
  readonly clientMetadataUrl?: string | undefined;
  /** A new state for each authorization request; it is for the application to compare when the user comes back. */
  readonly state?: (() => string | Promise<string>) | undefined;
  /** What {@link StoredOAuthClientProvider.fetch} sends requests with. Default: the global one. */
  readonly fetch?: FetchLike | undefined;
  /** The clock, in epoch milliseconds. Default `Date.now`. */
  readonly now?: (() => number) | undefined;
}

const optionNames = [
  'serverUrl',
  'userId',
  'redirectUrl',
  'clientMetadata',
  'onRedirect',
  'clientInformation',
  'clientMetadataUrl',
  'state',
  'fetch',
  'now',
] as const satisfies readonly (keyof OAuthClientProviderOptions)[];

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
     * For the transport, beside the provider. With it a refresh token is presented once: by one of all callers in this process, and
     * not by one that read it before another process replaced it. Others get the tokens that the refresh brought.
     */
    readonly fetch: FetchLike;
  };

/** The refreshes of this process. */
const refreshes = new WeakMap<OAuthDatabase, Map<string, Promise<Response>>>();

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
  readonly #given: OAuthClientInformationMixed | undefined;
  readonly #onRedirect: OAuthClientProviderOptions['onRedirect'];
  readonly #now: () => number;
  /** The tokens that the SDK has been given, as they are stored. */
  #used: string | null = null;

  constructor(db: OAuthDatabase, options: OAuthClientProviderOptions) {
    this.#db = db;
    this.#owner = ownerOf(options);
    this.#given = options.clientInformation;
    this.#onRedirect = options.onRedirect;
    this.#now = options.now ?? (() => Date.now());
    const underWay = refreshes.get(db) ?? new Map<string, Promise<Response>>();
    refreshes.set(db, underWay);
    const send: FetchLike = options.fetch ?? ((url, init) => fetch(url, init));
    const read = async (): Promise<OAuthTokens | undefined> =>
      this.#left(parse<OAuthTokens>(await db.getToken(this.#key('tokens'))));
    const save = (tokens: OAuthTokens): Promise<void> => this.saveTokens(tokens);
    this.fetch = refreshingOnce(send, { owner: this.#owner, read, save }, underWay);
    this.redirectUrl = options.redirectUrl;
    this.clientMetadata = options.clientMetadata;
    if (options.clientMetadataUrl !== undefined) this.clientMetadataUrl = options.clientMetadataUrl;
    if (options.state !== undefined) this.state = options.state;
    if (this.#given === undefined) {
      this.saveClientInformation = (information) => this.#save('client', information);
    }
  }

  async clientInformation(): Promise<OAuthClientInformationMixed | undefined> {
    return this.#given ?? (await this.#read<OAuthClientInformationMixed>('client'))?.value;
  }

  /** The tokens, with what is left of `expires_in`. */
  async tokens(): Promise<OAuthTokens | undefined> {
    const text = await this.#db.getToken(this.#key('tokens'));
    this.#used = text;
    return this.#left(parse<OAuthTokens>(text));
  }

  async saveTokens(tokens: OAuthTokens): Promise<void> {
    await this.#save('tokens', tokens);
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
    const saved = parse<OAuthDiscoveryState>(discovery);
    if (saved === undefined || (verifier === null && this.#age(saved) > DISCOVERY_MS)) return undefined;
    return saved.value;
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
    const key = this.#key(scope);
    if (scope === 'tokens' && this.#used !== null && (await this.#db.getToken(key)) !== this.#used) return;
    await this.#db.deleteToken(key);
  }

  async #save(part: Part, value: unknown, lifeMs?: number): Promise<void> {
    const now = this.#now();
    const text = JSON.stringify({ saved_at: new Date(now).toISOString(), value } satisfies Saved<unknown>);
    await this.#db.storeToken(
      this.#key(part),
      text,
      lifeMs === undefined ? undefined : new Date(now + lifeMs),
    );
  }

  async #read<T>(part: Part): Promise<Saved<T> | undefined> {
    return parse<T>(await this.#db.getToken(this.#key(part)));
  }

  #left(saved: Saved<OAuthTokens> | undefined): OAuthTokens | undefined {
    if (saved === undefined) return undefined;
    const { expires_in: life, ...tokens } = saved.value;
    if (life === undefined) return tokens;
    return { ...tokens, expires_in: Math.max(0, life - Math.floor(this.#age(saved) / 1000)) };
  }

  /** Milliseconds. */
  #age({ saved_at: savedAt }: Saved<unknown>): number {
    return Math.max(0, this.#now() - Date.parse(savedAt));
  }

  #key(part: Part): string {
    return `mcp:${part}:${this.#owner}`;
  }
}

/** Names the user and the server, so that no two pairs have the same name. */
function ownerOf({ serverUrl, userId }: OAuthClientProviderOptions): string {
  if (userId !== undefined && (typeof userId !== 'string' || userId === '' || !userId.isWellFormed())) {
    throw new TypeError(`userId must be a well-formed string that is not empty, received ${kindOf(userId)}`);
  }
  if (!URL.canParse(String(serverUrl))) throw new TypeError('serverUrl must be an absolute URL');
  const url = new URL(serverUrl);
  url.hash = '';
  return `${encodeURIComponent(userId ?? '')}:${url.href}`;
}
