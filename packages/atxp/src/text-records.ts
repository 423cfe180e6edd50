import type { Keys, StoredUnder } from './keys.ts';
import type { RecordName } from './oauth-record.ts';
import type { RecordStore, StoredToken } from './record-store.ts';
import {
  asCredentialsRecord,
  asPkceRecord,
  asTokenRecord,
  expiryOf,
  parsed,
  type CredentialsRecord,
  type PkceRecord,
  type TokenRecord,
} from './records.ts';
import { PKCE_SECONDS } from './stored-oauth-db.ts';

/** Texts under keys, each with a life. */
export interface TextStore {
  get(keys: readonly string[]): Promise<readonly (string | null)[]>;
  set(entries: readonly TextEntry[]): Promise<void>;
  /** Whether it was there. */
  delete(key: string): Promise<boolean>;
  /** All keys, those of others perhaps among them. */
  keys(): AsyncIterable<string>;
  close(): Promise<void>;
}

export interface TextEntry {
  readonly key: string;
  readonly value: string;
  /** How long it lives; `null`: until it is deleted. */
  readonly seconds: number | null;
}

export interface Lives {
  /** The life of every access token, whatever it says itself. */
  readonly ttl: number | undefined;
  /** The life of an access token that says nothing. */
  readonly defaultTtl: number;
  readonly refreshTtl: number;
  readonly now: () => number;
}

/** A hundred years: a time that is none, such as seconds that were taken for milliseconds twice, must not break the store. */
const LONGEST = 100 * 365 * 86_400;

/** How many records are looked for at once. */
const PAGE = 500;

/**
 * Records as JSON texts. A token with a refresh token is stored twice: as ATXP does, until it expires, and under a key of ours until
 * its refresh token is given up, for ATXP's own classes delete the former when they find it expired.
 */
export class TextRecords implements RecordStore {
  readonly #store: TextStore;
  readonly #keys: Keys;
  readonly #lives: Lives;

  constructor(store: TextStore, keys: Keys, lives: Lives) {
    this.#store = store;
    this.#keys = keys;
    this.#lives = lives;
  }

  async credentials(serverUrl: string): Promise<CredentialsRecord | null> {
    const [text] = await this.#store.get([this.#keys.credentials(serverUrl)]);
    return parsed(text, asCredentialsRecord);
  }

  async saveCredentials(serverUrl: string, record: CredentialsRecord): Promise<void> {
    const key = this.#keys.credentials(serverUrl);
    await this.#store.set([{ key, value: JSON.stringify(record), seconds: null }]);
  }

  async pkce(userId: string, state: string): Promise<PkceRecord | null> {
    const [text] = await this.#store.get([this.#keys.pkce(userId, state)]);
    return parsed(text, asPkceRecord);
  }

  async takePkce(userId: string, state: string): Promise<PkceRecord | null> {
    const record = await this.pkce(userId, state);
    if (record === null) return null;
    return (await this.#store.delete(this.#keys.pkce(userId, state))) ? record : null;
  }

  async savePkce(userId: string, state: string, record: PkceRecord): Promise<void> {
    const key = this.#keys.pkce(userId, state);
    await this.#store.set([{ key, value: JSON.stringify(record), seconds: PKCE_SECONDS }]);
  }

  async token(userId: string, url: string): Promise<StoredToken> {
    const keys = [this.#keys.token(userId, url), this.#keys.kept(userId, url)];
    const [current, kept] = await this.#store.get(keys);
    const record = parsed(current, asTokenRecord);
    return { current: record, kept: parsed(kept, asTokenRecord) };
  }

  async refreshable(userId: string, urls: readonly string[]): Promise<(TokenRecord | null)[]> {
    const keys = urls.flatMap((url) => [this.#keys.kept(userId, url), this.#keys.token(userId, url)]);
    const texts = await this.#store.get(keys);
    return urls.map((_, i) => {
      // What is damaged is about to be replaced, or another URL's.
      const [kept, current] = texts.slice(2 * i, 2 * i + 2).map((text) => readable(text));
      // ATXP's own class may have stored the token after us.
      return current?.encrypted_refresh_token ? current : (kept ?? null);
    });
  }

  async saveToken(userId: string, url: string, record: TokenRecord, forget: boolean): Promise<void> {
    const value = JSON.stringify(record);
    const seconds = this.#life(record);
    const entries = [{ key: this.#keys.token(userId, url), value, seconds }];
    const keptKey = this.#keys.kept(userId, url);
    if (record.encrypted_refresh_token !== null && this.#lives.refreshTtl > 0) {
      const life = Math.min(seconds + this.#lives.refreshTtl, LONGEST);
      entries.push({ key: keptKey, value, seconds: life });
    }
    await this.#store.set(entries);
    if (forget && entries.length === 1) await this.#store.delete(keptKey);
  }

  async deleteToken(userId: string, url: string): Promise<void> {
    await this.#store.delete(this.#keys.token(userId, url));
  }

  async *names(): AsyncGenerator<readonly RecordName[]> {
    let page: StoredUnder[] = [];
    for await (const key of this.#store.keys()) {
      const found = this.#keys.parse(key);
      if (found !== null) page.push(found);
      if (page.length < PAGE) continue;
      yield await this.#named(page);
      page = [];
    }
    yield await this.#named(page);
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  /** Without what is kept of a token that is there itself, under a key of its own. */
  async #named(page: readonly StoredUnder[]): Promise<readonly RecordName[]> {
    const names = page.filter(({ isKept }) => !isKept).map(({ name }) => name);
    const kept = page.filter(({ isKept }) => isKept).map(({ name }) => name);
    const current = await this.#store.get(
      kept.map((name) => (name.kind === 'access_token' ? this.#keys.token(name.userId, name.url) : '')),
    );
    return [...names, ...kept.filter((_, i) => current[i] === null)];
  }

  #life(record: TokenRecord): number {
    const { ttl, defaultTtl, now } = this.#lives;
    const expiry = expiryOf(record);
    if (ttl !== undefined) return ttl;
    if (expiry === null) return defaultTtl;
    const left = Math.floor(expiry / 1000) - Math.floor(now() / 1000);
    return Math.min(Math.max(1, left), LONGEST);
  }
}

/** A token's record; `null`, too, for what cannot be read. */
export function readable(text: string | null): TokenRecord | null {
  try {
    return parsed(text, asTokenRecord);
  } catch {
    return null;
  }
}
