import { Calls } from './calls.ts';
import type { Driver, Supports } from './driver.ts';
import type { AccessTokens } from './grants/access-tokens.ts';
import type { Clients } from './grants/clients.ts';
import type { Codes } from './grants/codes.ts';
import { Grants } from './grants/grants.ts';
import type { Issuance, Issued } from './grants/issue.ts';
import type { GrantOwner } from './grants/owner.ts';
import type { RefreshTokens } from './grants/refresh-tokens.ts';
import type { Revoked } from './grants/revoke.ts';
import type { Sessions } from './grants/sessions.ts';
import type { States } from './grants/states.ts';
import type { Guarantees } from './guarantees.ts';
import { HeldTokens } from './held-tokens.ts';
import type { HeldToken, OAuthDatabase, TokenExpiry } from './oauth-database.ts';
import type { Exported, Removed } from './operations/exported.ts';
import type { ExportOptions } from './operations/export.ts';
import type { Finding } from './operations/finding.ts';
import { handleFormOf, type HandleForm } from './operations/handle-form.ts';
import type { Health } from './operations/health.ts';
import type { Imported, ImportOptions } from './operations/import.ts';
import { Operations } from './operations/operations.ts';
import type { Purged, PurgeOptions } from './operations/purge.ts';
import type { Stats, StatsOptions } from './operations/stats.ts';
import { resolveOptions, type DatabaseOptions } from './options.ts';
import { Reencryption, type Reencrypted, type ReencryptOptions } from './secrets/reencrypt.ts';

/**
 * An {@link OAuthDatabase} over a {@link Driver}: all that a backend's public class inherits.
 *
 * @example
 * class MyOAuthDatabase extends DriverDatabase {
 *   constructor({ path, ...options }: MyOptions) {
 *     super(new MyDriver(path), options);
 *   }
 * }
 */
export class DriverDatabase implements OAuthDatabase {
  readonly supports: Supports;
  readonly guarantees: Guarantees;
  readonly clients: Clients;
  readonly states: States;
  readonly codes: Codes;
  readonly accessTokens: AccessTokens;
  readonly refreshTokens: RefreshTokens;
  readonly sessions: Sessions;
  readonly handles: HandleForm;
  readonly #driver: Driver;
  readonly #calls: Calls;
  readonly #held: HeldTokens;
  readonly #grants: Grants;
  readonly #reencryption: Reencryption;
  readonly #operations: Operations;

  constructor(driver: Driver, options: DatabaseOptions = {}) {
    const resolved = resolveOptions(options);
    this.#driver = driver;
    this.#calls = new Calls(resolved);
    const { keyRing } = resolved.secrets;
    this.#held = new HeldTokens(driver, this.#calls, resolved.keyPrefix, keyRing);
    this.#grants = new Grants(driver, this.#calls, resolved);
    this.#reencryption = new Reencryption(driver, this.#calls, keyRing);
    this.handles = handleFormOf(resolved.handles, resolved.secrets.pepper);
    this.#operations = new Operations({
      driver,
      calls: this.#calls,
      keyRing,
      heldPrefix: resolved.keyPrefix,
      issuedPrefix: resolved.serverKeyPrefix,
      records: this.#grants.records,
      handles: this.handles,
    });
    this.supports = driver.supports;
    this.guarantees = driver.guarantees;
    this.clients = this.#grants.clients;
    this.states = this.#grants.states;
    this.codes = this.#grants.codes;
    this.accessTokens = this.#grants.accessTokens;
    this.refreshTokens = this.#grants.refreshTokens;
    this.sessions = this.#grants.sessions;
  }

  storeToken(key: string, token: string, expiresAt?: Date): Promise<void> {
    return this.#held.store(key, token, expiresAt);
  }

  getToken(key: string): Promise<string | null> {
    return this.#held.get(key);
  }

  hasToken(key: string): Promise<boolean> {
    return this.#held.has(key);
  }

  deleteToken(key: string): Promise<boolean> {
    return this.#held.delete(key);
  }

  replaceToken(
    key: string,
    expected: string | null,
    token: string | null,
    expiresAt?: Date,
  ): Promise<boolean> {
    return this.#held.replace(key, expected, token, expiresAt);
  }

  listTokens(): Promise<string[]> {
    return this.#held.list();
  }

  getTokenExpiry(key: string): Promise<TokenExpiry | null> {
    return this.#held.expiry(key);
  }

  getTokens(keys: readonly string[]): Promise<(string | null)[]> {
    return this.#held.getMany(keys);
  }

  storeTokens(tokens: readonly HeldToken[]): Promise<void> {
    return this.#held.storeMany(tokens);
  }

  deleteTokens(keys: readonly string[]): Promise<number> {
    return this.#held.deleteMany(keys);
  }

  scanTokens(): AsyncIterable<string> {
    return this.#held.scan();
  }

  issue(issuance: Issuance): Promise<Issued> {
    return this.#grants.issuer.issue(issuance);
  }

  revoke(owner: GrantOwner): Promise<Revoked> {
    return this.#grants.revoke(owner);
  }

  reencrypt(options: ReencryptOptions = {}): Promise<Reencrypted> {
    return this.#reencryption.run([this.#grants.region, this.#held.region], options);
  }

  health(): Promise<Health> {
    return this.#operations.health();
  }

  check(): Promise<Finding[]> {
    return this.#operations.check();
  }

  stats(options?: StatsOptions): Promise<Stats> {
    return this.#operations.stats(options);
  }

  export(options?: ExportOptions): AsyncIterable<Exported> {
    return this.#operations.export(options);
  }

  import(
    records: AsyncIterable<Exported | Removed> | Iterable<Exported | Removed>,
    options?: ImportOptions,
  ): Promise<Imported> {
    return this.#operations.import(records, options);
  }

  purge(options?: PurgeOptions): Promise<Purged> {
    return this.#operations.purge(options);
  }

  close(): Promise<void> {
    return this.#calls.close(() => this.#driver.close());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
