import { randomUUID } from 'node:crypto';
import type { OAuthDatabase } from '../../../oauth-database.ts';
import type { Tally } from './tally.ts';
import type { Did, Work } from './work.ts';

/** A pair of tokens, and what its callers were told about it. */
interface Pair {
  readonly jti: string;
  readonly token: string;
  issued: Did;
  /** That it was rotated, or revoked. */
  ended: Did | null;
}

/** Issues pairs of tokens, rotates them, and revokes some of the grants. */
export class Grants {
  readonly #pairs: Pair[] = [];

  async round({ db, call, tally, secret }: Work): Promise<void> {
    const [client_id, username, grant_id] = [secret('client'), secret('user'), randomUUID()];
    const [first, second] = [this.#pair(secret), this.#pair(secret)];
    const { did } = await call(
      () =>
        db.issue({
          ...{ client_id, username, grant_id, scope: 'mcp:*' },
          ...{ accessToken: { jti: first.jti }, refreshToken: { token: first.token } },
        }),
      STEPS,
    );
    first.issued = did;
    if (did !== 'done') return;
    const next = () => ({ refreshToken: { token: second.token }, accessToken: { jti: second.jti } });
    const rotated = await call(() => db.refreshTokens.rotate(first.token, next), STEPS);
    if (rotated.did === 'done' && rotated.value?.status !== 'rotated') tally.burnt++;
    second.issued = rotated.did;
    // Its access token lives on.
    first.ended = rotated.did;
    if (this.#pairs.length % 3 > 0) return;
    const revoked = await call(() => db.revoke({ grantId: grant_id }), STEPS);
    for (const pair of [first, second]) {
      if (revoked.did === 'done') pair.ended = 'done';
      else if (revoked.did === 'unknown' && pair.ended !== 'done') pair.ended = 'unknown';
      else pair.ended ??= 'not_executed';
    }
  }

  async verify(db: OAuthDatabase, tally: Tally): Promise<void> {
    for (const { token, issued, ended } of this.#pairs) {
      const isThere = (await db.refreshTokens.get(token)) !== null;
      // Without transactions a call that fails half-way may leave tokens that nobody was given.
      if (isThere && ended === 'done' && issued === 'unknown' && !db.supports.transactions) tally.orphans++;
      else if (isThere && ended === 'done') tally.undead++;
      if (isThere && issued === 'not_executed') tally.ghosts++;
      if (!isThere && issued === 'done' && (ended === null || ended === 'not_executed')) tally.lost++;
    }
  }

  #pair(secret: Work['secret']): Pair {
    const pair: Pair = {
      jti: `jti-${randomUUID()}`,
      token: secret('refresh'),
      issued: 'unknown',
      ended: null,
    };
    this.#pairs.push(pair);
    return pair;
  }
}

/** Each step has the time of a call: to read, to write; in a cluster to prepare, to decide and to clean up. */
const STEPS = 4;
