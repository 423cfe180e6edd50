import type { OAuthDatabase } from '@oauthdb/core';
import { ageOf, format, parse } from './saved.ts';
import type { OAuthTokens } from './sdk.ts';

/** Tokens as they are stored, and what they say now. */
export interface Read {
  readonly text: string;
  /** With what is left of `expires_in`. */
  readonly tokens: OAuthTokens;
}

/** The tokens of one user for one server. */
export class StoredTokens {
  readonly #db: OAuthDatabase;
  readonly #key: string;
  readonly #now: () => number;

  constructor(db: OAuthDatabase, key: string, now: () => number) {
    this.#db = db;
    this.#key = key;
    this.#now = now;
  }

  /** Tokens that have just come, as they are to be stored. */
  format(tokens: OAuthTokens): Read {
    return { text: format(tokens, this.#now()), tokens };
  }

  /** Tokens that were stored, or were to be. */
  parse(text: string): Read {
    const saved = parse<OAuthTokens>(text);
    const { expires_in: life, ...tokens } = saved.value;
    if (life === undefined) return { text, tokens };
    const left = life - Math.floor(ageOf(saved, this.#now()) / 1000);
    return { text, tokens: { ...tokens, expires_in: Math.max(0, left) } };
  }

  async read(): Promise<Read | null> {
    const text = await this.#db.getToken(this.#key);
    return text === null ? null : this.parse(text);
  }

  async save(tokens: OAuthTokens): Promise<void> {
    await this.#db.storeToken(this.#key, this.format(tokens).text);
  }

  /** Whether `before` was still what is stored, and is replaced. */
  replace(before: Read, after: Read): Promise<boolean> {
    return this.#db.replaceToken(this.#key, before.text, after.text);
  }

  /** Deletes what was read; what somebody else has stored since stays. */
  async forget({ text }: Read): Promise<void> {
    await this.#db.replaceToken(this.#key, text, null);
  }

  /** Notes which authorization server tokens are from that are stored without it; others stay as they are. */
  async bind({ access_token: accessToken, issuer }: OAuthTokens): Promise<void> {
    const read = issuer === undefined ? null : await this.read();
    if (read === null || read.tokens.access_token !== accessToken || read.tokens.issuer === issuer) return;
    await this.replace(read, this.format({ ...read.tokens, issuer }));
  }
}
