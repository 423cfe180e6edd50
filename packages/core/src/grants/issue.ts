import { randomUUID } from 'node:crypto';
import type { Check, Put, Take } from '../driver.ts';
import { checkKey } from '../input.ts';
import { keepClientAlive } from './client-change.ts';
import type { Codes } from './codes.ts';
import { newAccessToken, newRefreshToken } from './new-tokens.ts';
import { checkRecord } from './record-input.ts';
import { contended, REMEMBER_MS, type RecordStore } from './record-store.ts';
import { redeeming, whyRefused, type Redemption, type Refused } from './redeem.ts';
import type { AccessToken, Code, Life, RefreshToken } from './records.ts';
import { markedAt } from './revoke.ts';

/** What a server says of one token; what it does not say is the grant's. */
export type OwnMembers<Name extends string> = Life & { readonly [name in Name]: string } & {
  readonly [member: string]: unknown;
};

/** Tokens to issue, and the code they are issued for. */
export interface Issuance {
  /** The authorization code that is redeemed; left out for grants without one. */
  readonly code?: string | undefined;
  /** What the client repeated. @see RFC 6749 section 4.1.3 */
  readonly redirect_uri?: string | undefined;
  readonly client_id: string;
  /** The code's: with it, what was peeked need not be read again. Made up where there is no code. */
  readonly grant_id?: string | undefined;
  /** Taken from the code where neither this nor `grant_id` is said, as all that follow. */
  readonly username?: string | undefined;
  readonly user_id?: string | undefined;
  readonly scope?: string | undefined;
  readonly resource?: string | readonly string[] | undefined;
  readonly accessToken?: OwnMembers<'jti'> | undefined;
  readonly refreshToken?: OwnMembers<'token'> | undefined;
}

export type Issued =
  | {
      readonly status: 'issued';
      readonly grant_id: string;
      readonly accessToken: AccessToken | null;
      readonly refreshToken: RefreshToken | null;
    }
  | Refused
  /** Everything of this user, or of this client, was revoked while the call was on its way. Nothing was stored. */
  | { readonly status: 'revoked' };

/** The members of a grant that its tokens share. */
const SHARED = ['client_id', 'grant_id', 'username', 'user_id', 'scope', 'resource'] as const;

export class Issuer {
  readonly #records: RecordStore;
  readonly #codes: Codes;

  constructor(records: RecordStore, codes: Codes) {
    this.#records = records;
    this.#codes = codes;
  }

  async issue(given: Issuance): Promise<Issued> {
    const issuance = checkRecord(given, 'issuance') as unknown as Issuance;
    const { code, client_id: clientId, redirect_uri: redirectUri } = issuance;
    const redemption: Redemption = { client_id: checkKey(clientId, 'client_id'), redirect_uri: redirectUri };
    // A clock that was passed in says what the backend cannot know: whether the code has expired.
    const mustRead = code !== undefined && (issuance.grant_id === undefined || !this.#records.backendExpires);
    const peeked = mustRead ? await this.#codes.peek(code) : null;
    if (mustRead && peeked === null) return this.#refused(code, redemption);

    const tokens = this.#prepare(issuance, peeked);
    const keptAlive = keepClientAlive(this.#records, redemption.client_id, tokens.until);
    const [refusal] = await Promise.all([
      this.#commit(tokens.puts, tokens.owner, redemption, code),
      keptAlive,
    ]);
    if (refusal !== null) return refusal;
    const { grantId, accessToken, refreshToken } = tokens;
    return { status: 'issued', grant_id: grantId, accessToken, refreshToken };
  }

  #prepare(issuance: Issuance, code: Code | null) {
    const { accessToken, refreshToken } = issuance;
    if (accessToken === undefined && refreshToken === undefined) {
      throw new TypeError('issuance must have an accessToken, a refreshToken, or both');
    }
    const inherited = issuance.grant_id === undefined ? code : null;
    const shared: Record<string, unknown> = {};
    for (const member of SHARED) shared[member] = issuance[member] ?? inherited?.[member];
    shared['grant_id'] ??= randomUUID();
    const access = accessToken && newAccessToken(this.#records, { ...shared, ...accessToken }, 'accessToken');
    const refresh =
      refreshToken && newRefreshToken(this.#records, { ...shared, ...refreshToken }, 'refreshToken');
    const made = [access, refresh].filter((one) => one !== undefined);
    return {
      puts: made.map(({ put }) => put),
      owner: { username: shared['username'], clientId: shared['client_id'] },
      until: latest(made.map(({ expiresAt }) => expiresAt)),
      grantId: String(shared['grant_id']),
      accessToken: access?.stored ?? null,
      refreshToken: refresh?.stored ?? null,
    };
  }

  /** Stores the tokens in one step with the redemption of the code; what stood against it, or `null`. */
  async #commit(
    puts: readonly Put[],
    owner: Record<string, unknown>,
    redemption: Redemption,
    code: string | undefined,
  ): Promise<Exclude<Issued, { status: 'issued' }> | null> {
    const { driver } = this.#records;
    const began = this.#records.now();
    const marks = Object.entries(owner).flatMap(([by, id]) =>
      typeof id === 'string' ? [this.#records.keys.mark(by, id)] : [],
    );
    let take = code === undefined ? undefined : this.#take(code, redemption);
    let checks: Check[] = driver.supports.transactions ? marks.map((key) => ({ key, version: null })) : [];
    for (let tries = 0; tries < 3; tries++) {
      const change = { puts, checks, ...(take === undefined ? {} : { take }) };
      const { committed } = await this.#records.commit(
        'issue',
        take === undefined ? 'single' : 'idempotent',
        () => change,
      );
      if (committed && (code !== undefined || driver.supports.transactions)) return null;
      const entries = await this.#records.calls.run('issue', 'read', (at) => driver.read(marks, at));
      const revoked = entries.some((entry) => entry !== null && markedAt(entry.value) >= began);
      if (committed) return revoked ? this.#undo(puts) : null;
      if (revoked) return { status: 'revoked' };
      if (driver.supports.transactions)
        checks = marks.map((key, i) => ({ key, version: entries[i]?.version ?? null }));
      if (code === undefined || take === undefined) continue;
      const refused = await whyRefused(this.#records, 'issue', code, redemption);
      if (!('value' in refused)) return refused;
      // What another program wrote says the same in another form: then it must be exactly what was read.
      take = { ...take, containing: refused.value };
    }
    throw contended('issue');
  }

  /** Where a mark cannot be checked in the same step, it is looked for afterwards; nobody has been given these tokens. */
  async #undo(puts: readonly Put[]): Promise<{ status: 'revoked' }> {
    await this.#records.commit('issue', 'idempotent', () => ({ deletes: puts }));
    return { status: 'revoked' };
  }

  async #refused(code: string, redemption: Redemption): Promise<Refused> {
    const refused = await whyRefused(this.#records, 'issue', code, redemption);
    return 'value' in refused ? { status: 'not_found' } : refused;
  }

  #take(code: string, redemption: Redemption): Take {
    return { ...redeeming(this.#records, code, redemption), attempt: randomUUID(), rememberMs: REMEMBER_MS };
  }
}

/** The latest of some expiries; `null`, which is never, is later than any. */
export function latest(expiries: readonly (number | null)[]): number | null {
  return expiries.includes(null) ? null : Math.max(...(expiries as number[]));
}
