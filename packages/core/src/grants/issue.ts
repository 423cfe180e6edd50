import { randomUUID } from 'node:crypto';
import type { Check, Put, Take } from '../driver.ts';
import { checkKey } from '../input.ts';
import { afterPart } from '../partly.ts';
import { keepingClientAlive } from './client-change.ts';
import type { Codes } from './codes.ts';
import { newAccessToken, newRefreshToken } from './new-tokens.ts';
import { checkRecord } from './record-input.ts';
import { contended, REMEMBER_MS, TRIES, type RecordStore } from './record-store.ts';
import { redeeming, whyRefused, type Redemption, type Refused } from './redeem.ts';
import type { AccessToken, Code, GrantMembers, Life, RefreshToken } from './records.ts';
import { beginning, revokedSince, type Beginning } from './revocation-mark.ts';

/** What a server says of one token; what it does not say is the grant's. */
export type OwnMembers<Name extends string> = Life & { readonly [name in Name]: string } & {
  readonly [member: string]: unknown;
};

/**
 * Tokens to issue, and the code they are issued for. With the code's `grant_id` nothing is read of it again; without, what is not
 * said here is taken from the code.
 */
export interface Issuance extends GrantMembers {
  /** The authorization code that is redeemed; left out for grants without one. */
  readonly code?: string | undefined;
  /** What the client repeated. @see RFC 6749 section 4.1.3 */
  readonly redirect_uri?: string | undefined;
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

/** Tokens that are ready to be stored. */
interface Prepared {
  readonly puts: readonly Put[];
  /** The marks of revocations that would forbid them. */
  readonly marks: readonly string[];
  /** The latest of their expiries. */
  readonly until: number | null;
  readonly issued: Extract<Issued, { status: 'issued' }>;
}

/** Stores tokens in one step with the redemption of the code that they are issued for. */
export class Issuer {
  readonly #records: RecordStore;
  readonly #codes: Codes;

  constructor(records: RecordStore, codes: Codes) {
    this.#records = records;
    this.#codes = codes;
  }

  async issue(given: Issuance): Promise<Issued> {
    const began = beginning(this.#records.now());
    const issuance = checkRecord(given, 'issuance') as unknown as Issuance;
    const { code, client_id: clientId, redirect_uri: redirectUri } = issuance;
    const redemption: Redemption = { client_id: checkKey(clientId, 'client_id'), redirect_uri: redirectUri };
    // A clock that was passed in says what the backend cannot know: whether the code has expired.
    const mustRead = code !== undefined && (issuance.grant_id === undefined || !this.#records.backendExpires);
    const peeked = mustRead ? await this.#codes.peek(code) : null;
    if (mustRead && peeked === null) {
      const refused = await whyRefused(this.#records, 'issue', code, redemption);
      return 'value' in refused ? { status: 'not_found' } : refused;
    }
    const prepared = this.#prepare(issuance, peeked);
    const storing =
      code === undefined ? this.#storeNew(prepared, began) : this.#redeem(prepared, code, redemption, began);
    return keepingClientAlive(this.#records, 'issue', clientId, prepared.until, storing);
  }

  #prepare(issuance: Issuance, code: Code | null): Prepared {
    const { accessToken, refreshToken } = issuance;
    if (accessToken === undefined && refreshToken === undefined) {
      throw new TypeError('issuance must have an accessToken, a refreshToken, or both');
    }
    const inherited = issuance.grant_id === undefined ? code : null;
    const shared: Record<string, unknown> = {};
    for (const member of SHARED) {
      const said = issuance[member] ?? inherited?.[member];
      if (said !== undefined) shared[member] = said;
    }
    // Only one that others can name too can be revoked meanwhile.
    if (this.#records.isShared) shared['grant_id'] ??= this.#records.newGrant(shared);
    const { username, client_id: clientId, grant_id: named } = shared;
    const { keys } = this.#records;
    const marks: string[] = [];
    if (typeof username === 'string') marks.push(keys.mark('username', username));
    if (typeof clientId === 'string') marks.push(keys.mark('clientId', clientId));
    if (typeof named === 'string') marks.push(keys.mark('grantId', named));
    const grantId = typeof named === 'string' ? named : this.#records.newGrant(shared);
    shared['grant_id'] = grantId;
    const access = accessToken && newAccessToken(this.#records, { ...shared, ...accessToken }, 'accessToken');
    const refresh =
      refreshToken && newRefreshToken(this.#records, { ...shared, ...refreshToken }, 'refreshToken');
    const made = [access, refresh].filter((one) => one !== undefined);
    return {
      puts: made.map(({ put }) => put),
      marks,
      until: latest(made.map(({ expiresAt }) => expiresAt)),
      issued: {
        status: 'issued',
        grant_id: grantId,
        accessToken: access?.stored ?? null,
        refreshToken: refresh?.stored ?? null,
      },
    };
  }

  /** Stores the tokens of a grant that has no code. */
  async #storeNew({ puts, marks, issued }: Prepared, began: Beginning): Promise<Issued> {
    if (!this.#records.driver.supports.transactions) {
      await this.#records.commit('issue', 'idempotent', () => ({ puts }));
      // Looked for afterwards, since it cannot be checked in the same step; nobody has been given these tokens.
      return afterPart('issue', async () => {
        if (!(await this.#look(marks, began)).revoked) return issued;
        await this.#records.commit('issue', 'idempotent', () => ({ deletes: puts }));
        return { status: 'revoked' };
      });
    }
    let checks: readonly Check[] = unmarked(marks);
    for (let tries = 0; tries < TRIES; tries++) {
      const change = { checks, puts };
      const { committed } = await this.#records.commit('issue', 'idempotent', () => change);
      if (committed) return issued;
      const look = await this.#look(marks, began);
      if (look.revoked) return { status: 'revoked' };
      checks = look.checks;
    }
    throw contended('issue');
  }

  /** Stores the tokens if the code can be taken, in one step. */
  async #redeem(
    { puts, marks, issued }: Prepared,
    code: string,
    redemption: Redemption,
    began: Beginning,
  ): Promise<Issued> {
    const { transactions } = this.#records.driver.supports;
    let take: Take = {
      ...redeeming(this.#records, code, redemption),
      attempt: randomUUID(),
      rememberMs: REMEMBER_MS,
    };
    // Elsewhere the code alone decides, which whoever revokes its grant deletes.
    let checks: readonly Check[] = transactions ? unmarked(marks) : [];
    for (let tries = 0; tries < TRIES; tries++) {
      const change = { take, checks, puts };
      const { committed } = await this.#records.commit('issue', 'idempotent', () => change);
      if (committed) return issued;
      const look = await this.#look(marks, began);
      if (look.revoked) return { status: 'revoked' };
      if (transactions) checks = look.checks;
      const refused = await whyRefused(this.#records, 'issue', code, redemption);
      if (!('value' in refused)) return refused;
      // What another program wrote says the same in another form: then it must be exactly what was read.
      take = { ...take, containing: refused.value };
    }
    throw contended('issue');
  }

  /** Whether one of these marks is later than `began`, and what to check if none is. */
  async #look(
    marks: readonly string[],
    began: Beginning,
  ): Promise<{ revoked: boolean; checks: readonly Check[] }> {
    const entries = await this.#records.calls.run('issue', 'read', (at) =>
      this.#records.driver.read(marks, at),
    );
    return {
      revoked: entries.some((entry) => entry !== null && revokedSince(entry.value, began)),
      checks: marks.map((key, i) => ({ key, version: entries[i]?.version ?? null })),
    };
  }
}

function unmarked(marks: readonly string[]): Check[] {
  return marks.map((key) => ({ key, version: null }));
}

/** The latest of some expiries; `null`, which is never, is later than any. */
export function latest(expiries: readonly (number | null)[]): number | null {
  return expiries.includes(null) ? null : Math.max(...(expiries as number[]));
}
