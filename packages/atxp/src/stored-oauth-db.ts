import { createHash } from 'node:crypto';
import { kindOf, OAuthDatabaseError, startTimer, stopTimer } from '@oauthdb/core';
import type { OAuthRecord, OAuthRecords, RecordName } from './oauth-record.ts';
import type { ResolvedCommon } from './options.ts';
import type { RecordStore } from './record-store.ts';
import { checkedToken, checkMembers, expiryOf, type Codec, type TokenRecord } from './records.ts';
import { RefreshWindow } from './refresh-window.ts';
import { Turns } from './turns.ts';
import type { AccessToken, ClientCredentials, OAuthDb, PKCEValues } from './types.ts';
import { parentsOf } from './urls.ts';

/** How long PKCE values live. */
export const PKCE_SECONDS = 600;

/** How many authorizations are remembered that may be under way. */
const MOST_AUTHORIZATIONS = 10_000;

/** How long `close` waits for what is under way. */
const CLOSE_MS = 500;

/** ATXP's `OAuthDb` over a {@link RecordStore}: every rule that does not depend on where records are kept. */
export class StoredOAuthDb implements OAuthDb, OAuthRecords {
  readonly #store: RecordStore;
  readonly #codec: Codec;
  readonly #options: ResolvedCommon;
  readonly #turns = new Turns();
  readonly #window: RefreshWindow;
  /** For which user and URL an authorization has come back, and when: what is saved next is not a refreshed token. */
  readonly #authorized = new Map<string, number>();
  #closed: Promise<void> | undefined;

  constructor(store: RecordStore, codec: Codec, options: ResolvedCommon) {
    this.#store = store;
    this.#codec = codec;
    this.#options = options;
    this.#window = new RefreshWindow(options.refreshWindow * 1000);
  }

  /** The client's registration at an authorization server; `null` where there is none. */
  async getClientCredentials(serverUrl: string): Promise<ClientCredentials | null> {
    const name = this.#name('getClientCredentials', { serverUrl });
    return this.#turns.read(name, async () => {
      const record = await this.#store.credentials(serverUrl);
      return record && this.#codec.credentials(record);
    });
  }

  /** Stores the client's registration at an authorization server, in place of an earlier one. */
  async saveClientCredentials(serverUrl: string, credentials: ClientCredentials): Promise<void> {
    const name = this.#name('saveClientCredentials', { serverUrl });
    checkMembers('credentials', credentials, ['clientId', 'clientSecret', 'redirectUri']);
    const copy = { ...credentials };
    await this.#turns.write(name, async () =>
      this.#store.saveCredentials(serverUrl, await this.#codec.credentialsRecord(copy)),
    );
  }

  /** The PKCE values of an authorization that is under way; `null` where there are none, or they are older than ten minutes. */
  async getPKCEValues(userId: string, state: string): Promise<PKCEValues | null> {
    const name = this.#name('getPKCEValues', { userId, state });
    if (!this.#options.singleUsePkce) {
      return this.#turns.read(name, async () => this.#pkce(userId, await this.#store.pkce(userId, state)));
    }
    return this.#turns.write(name, async () => this.#pkce(userId, await this.#store.takePkce(userId, state)));
  }

  /** Stores the PKCE values of an authorization, for ten minutes. */
  async savePKCEValues(userId: string, state: string, values: PKCEValues): Promise<void> {
    const name = this.#name('savePKCEValues', { userId, state });
    checkMembers('values', values, ['codeVerifier', 'codeChallenge', 'resourceUrl', 'url']);
    const copy = { ...values };
    await this.#turns.write(name, async () =>
      this.#store.savePkce(userId, state, await this.#codec.pkceRecord(copy)),
    );
  }

  /**
   * The token that a user has for a URL; `null` where there is none, or it has expired and cannot be refreshed.
   *
   * A token that has expired and has a refresh token is handed out for `refreshWindow`, for the ATXP client reads the refresh token
   * out of what it gets here.
   */
  async getAccessToken(userId: string, url: string): Promise<AccessToken | null> {
    const name = this.#name('getAccessToken', { userId, url });
    return this.#turns.read(name, async () => {
      const record = await this.#usableToken(userId, url);
      return record && this.#codec.token(record);
    });
  }

  /**
   * Stores the token that a user has for a URL, in place of an earlier one.
   *
   * Without a refresh token it keeps the one that is stored, if it is for the same resource: so says RFC 6749 section 6 of an
   * answer to a refresh. What was just authorized anew keeps nothing.
   */
  async saveAccessToken(userId: string, url: string, token: AccessToken): Promise<void> {
    const name = this.#name('saveAccessToken', { userId, url });
    const copy = checkedToken(token);
    await this.#turns.write(name, async () => {
      const record = await this.#codec.tokenRecord(copy);
      const authorized = this.#isAuthorized(userId, url);
      if (record.encrypted_refresh_token !== null || authorized) {
        return this.#store.saveToken(userId, url, record, authorized);
      }
      // The ATXP client saves under the URL that was called, also when it found the token at one above.
      const [own, ...above] = await this.#store.refreshable(userId, [url, ...parentsOf(url)]);
      const now = this.#options.now();
      const kept = [own, ...above].find(
        (one) => one?.resource_url === record.resource_url && this.#isRefreshable(one, now),
      );
      const complete =
        kept == null ? record : { ...record, encrypted_refresh_token: kept.encrypted_refresh_token };
      return this.#store.saveToken(userId, url, complete, own !== null && kept == null);
    });
  }

  /** Everything that is stored and can be of use; see {@link OAuthRecords.records}. */
  async *records(): AsyncGenerator<OAuthRecord> {
    this.#name('records', {});
    for await (const names of this.#store.names()) {
      const found = await Promise.all(names.map((name) => this.#record(name)));
      yield* found.filter((one) => one !== null);
    }
  }

  /** Saves a record as it is; see {@link OAuthRecords.saveRecord}. */
  async saveRecord(record: OAuthRecord): Promise<void> {
    switch (record?.kind) {
      case 'client_credentials':
        return this.saveClientCredentials(record.serverUrl, record.value);
      case 'pkce':
        return this.savePKCEValues(record.userId, record.state, record.value);
      case 'access_token': {
        const { userId, url, value } = record;
        const name = this.#name('saveRecord', { userId, url });
        const copy = checkedToken(value);
        return this.#turns.write(name, async () =>
          this.#store.saveToken(userId, url, await this.#codec.tokenRecord(copy), true),
        );
      }
      default:
        throw new TypeError(`record must be one that records() gives, received ${kindOf(record)}`);
    }
  }

  /** Waits for what is under way, half a second at the most, and releases what this object opened. Twice is fine. */
  close(): Promise<void> {
    this.#closed ??= this.settle().then(() => this.#store.close());
    return this.#closed;
  }

  /** Waits for what is under way, half a second at the most. */
  protected async settle(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = startTimer(resolve, CLOSE_MS)));
    await Promise.race([this.#turns.idle(), late]);
    stopTimer(timer);
  }

  async #pkce(userId: string, record: Parameters<Codec['pkce']>[0] | null): Promise<PKCEValues | null> {
    if (record === null) return null;
    this.#authorized.set(JSON.stringify([userId, record.url]), this.#options.now());
    if (this.#authorized.size > MOST_AUTHORIZATIONS) {
      const oldest = this.#authorized.keys().next().value;
      if (oldest !== undefined) this.#authorized.delete(oldest);
    }
    return this.#codec.pkce(record);
  }

  #isAuthorized(userId: string, url: string): boolean {
    const key = JSON.stringify([userId, url]);
    const since = this.#authorized.get(key);
    this.#authorized.delete(key);
    return since !== undefined && this.#options.now() - since < PKCE_SECONDS * 1000;
  }

  async #record(name: RecordName): Promise<OAuthRecord | null> {
    if (name.kind === 'client_credentials') {
      const value = await this.getClientCredentials(name.serverUrl);
      return value && { ...name, value };
    }
    if (name.kind === 'pkce') {
      const record = await this.#store.pkce(name.userId, name.state);
      return record && { ...name, value: await this.#codec.pkce(record) };
    }
    const { current, kept } = await this.#store.token(name.userId, name.url);
    const now = this.#options.now();
    const isLive = current !== null && !hasExpired(current, now);
    const record = isLive
      ? current
      : [current, kept].find((one) => one !== null && this.#isRefreshable(one, now));
    return record ? { ...name, value: await this.#codec.token(record) } : null;
  }

  async #usableToken(userId: string, url: string): Promise<TokenRecord | null> {
    const { current, kept } = await this.#store.token(userId, url);
    const now = this.#options.now();
    if (current !== null && !hasExpired(current, now)) return current;
    const expired = current !== null && this.#isRefreshable(current, now) ? current : kept;
    if (expired !== null && this.#isRefreshable(expired, now)) {
      // It stays stored either way: another process may be refreshing it.
      const name = digest(JSON.stringify([userId, url, expired]));
      return this.#window.open(name, now) ? expired : null;
    }
    if (current !== null) await this.#store.deleteToken(userId, url, current);
    return null;
  }

  #isRefreshable(record: TokenRecord, now: number): boolean {
    if (!record.encrypted_refresh_token) return false;
    const expiry = expiryOf(record);
    return expiry === null || now < expiry + this.#options.refreshTtl * 1000;
  }

  /** Names what a call is about, if it may be made at all. */
  #name(operation: string, parts: Readonly<Record<string, unknown>>): string {
    if (this.#closed !== undefined) {
      const message = 'the database is closed';
      throw new OAuthDatabaseError('OAUTHDB_CLOSED', message, { operation, outcome: 'not_executed' });
    }
    for (const [name, part] of Object.entries(parts)) {
      if (typeof part !== 'string') throw new TypeError(`${name} must be a string, received ${kindOf(part)}`);
      // In UTF-8 they would all be the same key.
      if (!part.isWellFormed())
        throw new TypeError(`${name} must be well-formed Unicode, received a lone surrogate`);
    }
    return JSON.stringify(parts);
  }
}

/** Tells one token from the next without holding it in memory. */
function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}

function hasExpired(record: TokenRecord, now: number): boolean {
  const expiry = expiryOf(record);
  return expiry !== null && now >= expiry;
}
