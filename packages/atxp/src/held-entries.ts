import type { ExportedToken } from '@oauthdb/core';
import { encodedKeys, type StoredUnder } from './keys.ts';
import {
  asCredentialsRecord,
  asPkceRecord,
  asTokenRecord,
  Codec,
  expiryOf,
  type Ciphers,
} from './records.ts';

/** A record of ATXP's, as it was found. */
export interface Found {
  readonly under: StoredUnder;
  /** What it says, not yet checked. */
  readonly record: () => unknown;
  /** When the store gives it up, in epoch milliseconds; `null`: never. */
  readonly endsAt: number | null;
  /** Whether the store keeps a token's refresh token under a key of its own. */
  readonly isKeptBeside: boolean;
}

/** An entry of {@link atxpOAuthDb}. */
export interface HeldEntry extends ExportedToken {
  /** When ATXP's class gives up what is kept longer here: a refresh token, which ends there with its access token. ISO 8601. */
  readonly given_up_at?: string;
}

interface HeldEntriesOptions extends Pick<Partial<Ciphers>, 'decrypt'> {
  readonly refreshTtl: number;
  readonly now: () => number;
}

/** The last moment that ISO 8601 says in four digits: what ends later never does. */
const LAST = Date.UTC(9999, 11, 31);

/** What lies between two clocks, and between a write and a read. */
const AGREED_MS = 60_000;

/** Makes of what ATXP's classes have stored the entries that {@link atxpOAuthDb} stores of the same. */
export class HeldEntries {
  readonly #stored: Codec;
  readonly #plain = new Codec({});
  readonly #refreshMs: number;
  readonly #now: () => number;

  constructor({ decrypt, refreshTtl, now }: HeldEntriesOptions) {
    this.#stored = new Codec(decrypt === undefined ? {} : { decrypt });
    this.#refreshMs = refreshTtl * 1000;
    this.#now = now;
  }

  /** One entry, or two of a token with a refresh token; none of what has ended. */
  async of({ under: { name, isKept }, record: read, endsAt, isKeptBeside }: Found): Promise<HeldEntry[]> {
    const record = read();
    switch (name.kind) {
      case 'client_credentials': {
        const value = await this.#stored.credentials(asCredentialsRecord(record));
        const text = JSON.stringify(await this.#plain.credentialsRecord(value));
        return this.#living(encodedKeys.credentials(name.serverUrl), text, endsAt);
      }
      case 'pkce': {
        const value = await this.#stored.pkce(asPkceRecord(record));
        const text = JSON.stringify(await this.#plain.pkceRecord(value));
        return this.#living(encodedKeys.pkce(name.userId, name.state), text, endsAt);
      }
      default: {
        const token = asTokenRecord(record);
        const text = JSON.stringify(await this.#plain.tokenRecord(await this.#stored.token(token)));
        const kept = encodedKeys.kept(name.userId, name.url);
        if (isKept) return this.#living(kept, text, endsAt);
        const expiry = expiryOf(token);
        const end = endOf(endsAt, expiry);
        const current = this.#living(encodedKeys.token(name.userId, name.url), text, end);
        const from = expiry ?? end;
        const isRefreshable = Boolean(token.encrypted_refresh_token) && this.#refreshMs > 0;
        if (!isRefreshable || isKeptBeside || from === null) return current;
        const outliving = this.#living(kept, text, from + this.#refreshMs).map((entry) => ({
          ...entry,
          given_up_at: new Date(Math.min(end ?? from, LAST)).toISOString(),
        }));
        return [...current, ...outliving];
      }
    }
  }

  #living(key: string, value: string, endsAt: number | null): HeldEntry[] {
    if (endsAt === null || endsAt > LAST) return [{ kind: 'held', key, value, expires_at: null }];
    if (endsAt <= this.#now()) return [];
    return [{ kind: 'held', key, value, expires_at: new Date(endsAt).toISOString() }];
  }
}

/** When a token ends: as it says itself, which is exact, unless the store gives it up long before. */
function endOf(endsAt: number | null, expiry: number | null): number | null {
  if (endsAt === null || expiry === null) return endsAt ?? expiry;
  return expiry <= endsAt + AGREED_MS ? expiry : endsAt;
}
