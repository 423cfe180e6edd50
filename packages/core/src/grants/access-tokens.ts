import { attempt } from '../attempt.ts';
import { checkKey } from '../input.ts';
import { listed, listedPage, type Listing, type PageOptions, type RecordPage } from './listing.ts';
import { newAccessToken } from './new-tokens.ts';
import { listsOf, type GrantOwner } from './owner.ts';
import { checkRecord } from './record-input.ts';
import type { AccessToken, AccessTokenGrant, Life } from './records.ts';
import { endOf } from './record-life.ts';
import type { RecordStore } from './record-store.ts';

/** Access tokens that were issued, by their `jti`. */
export class AccessTokens {
  readonly #records: RecordStore;

  constructor(records: RecordStore) {
    this.#records = records;
  }

  /**
   * Stores an access token by itself, for 30 days unless it says otherwise, and gives it as stored. One round trip.
   *
   * To redeem a code or to store a refresh token in the same step: `issue`.
   */
  async store(token: AccessTokenGrant & Life): Promise<AccessToken> {
    const { put, stored } = newAccessToken(this.#records, checkRecord(token, 'token'), 'token', token);
    await this.#records.commit('accessTokens.store', 'idempotent', () => ({ puts: [put] }));
    return stored;
  }

  /** Retrieves what a token stands for; `null` when it is unknown, revoked or expired. One round trip. */
  get(jti: string): Promise<AccessToken | null> {
    return attempt(() => this.#records.readRecord('accessTokens.get', 'token', checkKey(jti, 'jti')));
  }

  /** Checks whether a token is live. One round trip. */
  async has(jti: string): Promise<boolean> {
    return (await this.#records.readOne('accessTokens.has', 'token', checkKey(jti, 'jti'))) !== null;
  }

  /** When a token ends: `{ expiresAt: null }` if never, `null` when there is no live token. One round trip. */
  async expiry(jti: string): Promise<{ readonly expiresAt: Date | null } | null> {
    const found = await this.#records.readOne('accessTokens.expiry', 'token', checkKey(jti, 'jti'));
    if (found === null) return null;
    const at = endOf(found.record);
    return { expiresAt: at === null ? null : new Date(at) };
  }

  /**
   * Revokes a token: `true` if it was live; an unknown one is no error. One round trip. No import brings it back.
   *
   * @see RFC 7009 section 2.2
   */
  async revoke(jti: string): Promise<boolean> {
    return this.#records.deleteOne('accessTokens.revoke', 'token', checkKey(jti, 'jti'));
  }

  /** All live access tokens of a user, a client or a grant; one that is issued or revoked meanwhile may be missing or not. */
  list(owner: GrantOwner): AsyncIterable<AccessToken> {
    return listed<AccessToken>(this.#records, 'accessTokens.list', this.#listing(owner));
  }

  /** One page of {@link list}. */
  listPage(owner: GrantOwner, page?: PageOptions): Promise<RecordPage<AccessToken>> {
    return listedPage<AccessToken>(this.#records, 'accessTokens.listPage', this.#listing(owner), page);
  }

  #listing(owner: GrantOwner): Listing {
    return { owner: listsOf(this.#records.keys, owner), kind: 'token' };
  }
}
