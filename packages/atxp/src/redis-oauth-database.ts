import {
  RedisOAuthDatabase as HeldTokens,
  type RedisOAuthDatabaseOptions as HeldTokensOptions,
} from '@oauthdb/ioredis';
import { atxpOAuthDb } from './atxp-oauth-db.ts';
import type { OAuthRecord, OAuthRecords } from './oauth-record.ts';
import type { CommonOptions } from './options.ts';
import type { AccessToken, ClientCredentials, OAuthDb, PKCEValues } from './types.ts';

/** Those of ATXP's documentation, those of `@oauthdb/ioredis`, and those of the other classes here. */
export interface RedisOAuthDatabaseOptions extends HeldTokensOptions, CommonOptions {}

/**
 * The `RedisOAuthDatabase` of ATXP's documentation, with its options and methods, that is also an `OAuthDb`: it can be the option
 * `oAuthDb` itself. What it stores as such is what {@link atxpOAuthDb} stores over it.
 *
 * Throws a `TypeError` for options that are wrong. It connects with the first call.
 *
 * @example
 * const oAuthDb = new RedisOAuthDatabase({ url: 'redis://localhost:6379' });
 * const client = await atxpClient({ mcpServer, account, oAuthDb });
 */
export class RedisOAuthDatabase extends HeldTokens implements OAuthDb, OAuthRecords {
  readonly #oAuthDb: OAuthDb & OAuthRecords;

  constructor(options: RedisOAuthDatabaseOptions = {}) {
    const { refreshTtl, refreshWindow, singleUsePkce, ...held } = options;
    super(held);
    this.#oAuthDb = atxpOAuthDb(this, { refreshTtl, refreshWindow, singleUsePkce, now: held.now });
  }

  /** As `atxpOAuthDb(this)` does; likewise those below. */
  getClientCredentials(serverUrl: string): Promise<ClientCredentials | null> {
    return this.#oAuthDb.getClientCredentials(serverUrl);
  }

  saveClientCredentials(serverUrl: string, credentials: ClientCredentials): Promise<void> {
    return this.#oAuthDb.saveClientCredentials(serverUrl, credentials);
  }

  getPKCEValues(userId: string, state: string): Promise<PKCEValues | null> {
    return this.#oAuthDb.getPKCEValues(userId, state);
  }

  savePKCEValues(userId: string, state: string, values: PKCEValues): Promise<void> {
    return this.#oAuthDb.savePKCEValues(userId, state, values);
  }

  getAccessToken(userId: string, url: string): Promise<AccessToken | null> {
    return this.#oAuthDb.getAccessToken(userId, url);
  }

  saveAccessToken(userId: string, url: string, token: AccessToken): Promise<void> {
    return this.#oAuthDb.saveAccessToken(userId, url, token);
  }

  records(): AsyncIterable<OAuthRecord> {
    return this.#oAuthDb.records();
  }

  saveRecord(record: OAuthRecord): Promise<void> {
    return this.#oAuthDb.saveRecord(record);
  }

  /** Waits for what is under way, half a second at the most, and closes the connection. Twice is fine. */
  override async close(): Promise<void> {
    await this.#oAuthDb.close();
    await super.close();
  }
}
