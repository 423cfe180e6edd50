import { checkKey } from '../input.ts';
import { listed, listedPage, type Listing, type PageOptions, type RecordPage } from './listing.ts';
import { newRefreshToken, type NewRefreshToken } from './new-tokens.ts';
import { listsOf, type GrantOwner } from './owner.ts';
import { checkRecord } from './record-input.ts';
import { contended, TRIES, type RecordStore } from './record-store.ts';
import type { RefreshToken } from './records.ts';
import type { NextRotation, Rotated, Rotator } from './rotate.ts';

/** Refresh tokens that were issued. The tokens themselves are stored nowhere. */
export class RefreshTokens {
  readonly #records: RecordStore;
  readonly #rotator: Rotator;

  constructor(records: RecordStore, rotator: Rotator) {
    this.#records = records;
    this.#rotator = rotator;
  }

  /**
   * Stores a refresh token by itself, for a year unless it says otherwise, and gives it as stored. One round trip.
   *
   * To redeem a code or to store an access token in the same step: `issue`.
   */
  async store(refreshToken: NewRefreshToken): Promise<RefreshToken> {
    const record = checkRecord(refreshToken, 'refreshToken');
    const { put, stored } = newRefreshToken(this.#records, record, 'refreshToken', refreshToken);
    await this.#records.commit('refreshTokens.store', 'idempotent', () => ({ puts: [put] }));
    return stored;
  }

  /** Retrieves what a token stands for; `null` when it is unknown, rotated, revoked or expired. One round trip. */
  async get(token: string): Promise<RefreshToken | null> {
    const found = await this.#records.readOne('refreshTokens.get', 'refresh', this.#id(token));
    return found === null || isRotated(found.record) ? null : (found.record as unknown as RefreshToken);
  }

  /**
   * Replaces a refresh token by its successor, together with a new access token: of any number of callers one does.
   *
   * Two round trips on one node: the read that `next` needs, and one step that checks that nothing has changed, stores the new
   * tokens and remembers that this one was rotated. Whoever presents it again gets `reused`, and everything of its grant is
   * revoked; within the grace period, if there is one, the same answer again, if `next` does not refuse. A repeat after a lost reply is answered alike.
   *
   * @throws whatever `next` throws; nothing has changed then.
   * @see RFC 6749 section 6, RFC 9700 section 4.14.2
   * @example
   * const result = await db.refreshTokens.rotate(presented, (current) =>
   *   current.client_id === client.client_id
   *     ? { refreshToken: { token: newToken }, accessToken: { jti: newJti } }
   *     : null,
   * );
   */
  async rotate(token: string, next: NextRotation): Promise<Rotated> {
    if (typeof next !== 'function') throw new TypeError('next must be a function');
    return this.#rotator.rotate(checkKey(token, 'token'), next);
  }

  /**
   * Revokes a token by itself: `true` if it was live. Two round trips. Its access tokens live on: `revoke({ grantId })` takes all.
   * No import brings it back.
   *
   * One that was rotated is not live, and stays known as rotated: whoever has a copy cannot make its reuse go unnoticed.
   *
   * @see RFC 7009 section 2.1
   */
  async revoke(token: string): Promise<boolean> {
    const id = this.#id(token);
    for (let tries = 0; tries < TRIES; tries++) {
      const found = await this.#records.readOne('refreshTokens.revoke', 'refresh', id);
      if (found === null || isRotated(found.record)) return false;
      const gone = await this.#records.deleteFound('refreshTokens.revoke', found, true);
      if (gone) return true;
    }
    throw contended('refreshTokens.revoke');
  }

  /** All live refresh tokens of a user, a client or a grant; one that is issued or revoked meanwhile may be missing or not. */
  list(owner: GrantOwner): AsyncIterable<RefreshToken> {
    return listed<RefreshToken>(this.#records, 'refreshTokens.list', this.#listing(owner));
  }

  /** One page of {@link list}. */
  listPage(owner: GrantOwner, page?: PageOptions): Promise<RecordPage<RefreshToken>> {
    return listedPage<RefreshToken>(this.#records, 'refreshTokens.listPage', this.#listing(owner), page);
  }

  #listing(owner: GrantOwner): Listing {
    const lists = listsOf(this.#records.keys, owner);
    return { owner: lists, kind: 'refresh', wanted: (record) => !isRotated(record) };
  }

  #id(token: string): string {
    return this.#records.keys.handle('refresh', checkKey(token, 'token'));
  }
}

function isRotated(record: Record<string, unknown>): boolean {
  return record['rotated_at'] !== undefined;
}
