import { refuseUnknownOptions } from '@oauthdb/core';
import { commonOptionNames, resolveCommon, type CommonOptions } from './options.ts';
import type { RecordName } from './oauth-record.ts';
import type { RecordStore, StoredToken } from './record-store.ts';
import { Codec, expiryOf, type CredentialsRecord, type PkceRecord, type TokenRecord } from './records.ts';
import { PKCE_SECONDS, StoredOAuthDb } from './stored-oauth-db.ts';

export interface MemoryOAuthDbConfig extends CommonOptions {
  /** Taken for the sake of the original, and not used: nothing is logged, and what fails is thrown. */
  readonly logger?: unknown;
}

/**
 * ATXP's `MemoryOAuthDb`, in the memory of this process.
 *
 * @example
 * const client = await atxpClient({ mcpServer, account, oAuthDb: new MemoryOAuthDb() });
 */
export class MemoryOAuthDb extends StoredOAuthDb {
  readonly #records: MemoryRecords;

  constructor(config: MemoryOAuthDbConfig = {}) {
    const { logger: _, ...options } = config;
    refuseUnknownOptions(options, ['logger', ...commonOptionNames]);
    const resolved = resolveCommon(options);
    const records = new MemoryRecords(resolved);
    super(records, new Codec({}), resolved);
    this.#records = records;
  }

  /** Forgets everything. As with the original, it can be used again afterwards. */
  override async close(): Promise<void> {
    await this.settle();
    await this.#records.close();
  }

  /** How much is stored, what has expired and was not asked for included. */
  getStats(): { clientCredentials: number; pkceValues: number; accessTokens: number } {
    return this.#records.sizes();
  }

  /** Forgets the access tokens that have expired and cannot be refreshed, and says how many they were. */
  cleanupExpiredTokens(): number {
    return this.#records.cleanUp();
  }
}

interface Expiring<T> {
  readonly record: T;
  readonly expiresAt: number;
}

class MemoryRecords implements RecordStore {
  readonly #options: { readonly now: () => number; readonly refreshTtl: number };
  readonly #credentials = new Map<string, CredentialsRecord>();
  /** In the order in which they expire. */
  readonly #pkce = new Map<string, Expiring<PkceRecord>>();
  readonly #tokens = new Map<string, TokenRecord>();

  constructor(options: { readonly now: () => number; readonly refreshTtl: number }) {
    this.#options = options;
  }

  async credentials(serverUrl: string): Promise<CredentialsRecord | null> {
    return this.#credentials.get(serverUrl) ?? null;
  }

  async saveCredentials(serverUrl: string, record: CredentialsRecord): Promise<void> {
    this.#credentials.set(serverUrl, record);
  }

  async pkce(userId: string, state: string): Promise<PkceRecord | null> {
    const found = this.#pkce.get(nameOf(userId, state));
    return found === undefined || found.expiresAt <= this.#options.now() ? null : found.record;
  }

  async takePkce(userId: string, state: string): Promise<PkceRecord | null> {
    const record = await this.pkce(userId, state);
    return this.#pkce.delete(nameOf(userId, state)) ? record : null;
  }

  async savePkce(userId: string, state: string, record: PkceRecord): Promise<void> {
    const now = this.#options.now();
    for (const [name, { expiresAt }] of this.#pkce) {
      if (expiresAt > now) break;
      this.#pkce.delete(name);
    }
    const name = nameOf(userId, state);
    this.#pkce.delete(name);
    this.#pkce.set(name, { record, expiresAt: now + PKCE_SECONDS * 1000 });
  }

  async token(userId: string, url: string): Promise<StoredToken> {
    const record = this.#tokens.get(nameOf(userId, url)) ?? null;
    return { current: record, kept: record };
  }

  async refreshable(userId: string, urls: readonly string[]): Promise<(TokenRecord | null)[]> {
    return urls.map((url) => this.#tokens.get(nameOf(userId, url)) ?? null);
  }

  async saveToken(userId: string, url: string, record: TokenRecord): Promise<void> {
    this.#tokens.set(nameOf(userId, url), record);
  }

  async deleteToken(userId: string, url: string): Promise<void> {
    this.#tokens.delete(nameOf(userId, url));
  }

  async *names(): AsyncGenerator<readonly RecordName[]> {
    yield [...this.#credentials.keys()].map((serverUrl) => ({ kind: 'client_credentials', serverUrl }));
    yield [...this.#pkce.keys()].map((name) => {
      const [userId, state] = partsOf(name);
      return { kind: 'pkce', userId, state };
    });
    yield [...this.#tokens.keys()].map((name) => {
      const [userId, url] = partsOf(name);
      return { kind: 'access_token', userId, url };
    });
  }

  async close(): Promise<void> {
    this.#credentials.clear();
    this.#pkce.clear();
    this.#tokens.clear();
  }

  sizes(): { clientCredentials: number; pkceValues: number; accessTokens: number } {
    return {
      clientCredentials: this.#credentials.size,
      pkceValues: this.#pkce.size,
      accessTokens: this.#tokens.size,
    };
  }

  cleanUp(): number {
    const { now, refreshTtl } = this.#options;
    const before = this.#tokens.size;
    for (const [name, record] of this.#tokens) {
      const expiry = expiryOf(record);
      const kept = record.encrypted_refresh_token === null ? 0 : refreshTtl * 1000;
      if (expiry !== null && expiry + kept <= now()) this.#tokens.delete(name);
    }
    return before - this.#tokens.size;
  }
}

function nameOf(...parts: readonly string[]): string {
  return JSON.stringify(parts);
}

function partsOf(name: string): readonly [string, string] {
  return JSON.parse(name) as [string, string];
}
