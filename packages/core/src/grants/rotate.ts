import { randomUUID } from 'node:crypto';
import type { Put } from '../driver.ts';
import { kindOf } from '../input.ts';
import { keepingClientAlive } from './client-change.ts';
import { sealUnder, unsealUnder, type Grace } from './grace.ts';
import { latest, type OwnMembers } from './issue.ts';
import { sharedGrantOf } from './layouts/gateway-record.ts';
import { newAccessToken, newRefreshToken } from './new-tokens.ts';
import { checkRecord, isoOf } from './record-input.ts';
import { endOf } from './record-life.ts';
import type { Found } from './record-reader.ts';
import { contended, TRIES, type RecordStore } from './record-store.ts';
import type { AccessToken, RefreshToken } from './records.ts';
import { revoke, type Revoked } from './revoke.ts';
import type { ResolvedRotation } from './rotation-options.ts';

/** What succeeds a refresh token. What is not said is taken from the one before, apart from its life. */
export interface Rotation {
  /** Left out, the presented token stays valid. @see RFC 6749 section 6 */
  readonly refreshToken?: OwnMembers<'token'> | undefined;
  readonly accessToken?: OwnMembers<'jti'> | undefined;
  /** Anything JSON can hold that a retry in the grace period must get as well, such as the response's body. */
  readonly response?: unknown;
}

/**
 * Checks the client and says what comes next; `null` refuses, and nothing has changed. Within the grace period it is asked again,
 * whether the client may have the answer of the first time; what it says comes next is not used then.
 */
export type NextRotation = (current: RefreshToken) => Rotation | null | Promise<Rotation | null>;

export type Rotated =
  | {
      readonly status: 'rotated';
      /** The successor, or the token itself where it stays. */
      readonly refreshToken: RefreshToken;
      /** The successor's secret; `null` where the presented token stays. */
      readonly token: string | null;
      readonly accessToken: AccessToken | null;
      readonly response: unknown;
      /** Whether this is the answer of an earlier call, within the grace period. */
      readonly retried: boolean;
    }
  /** It had been rotated: somebody has a copy. Everything of its grant is gone. @see RFC 9700 section 4.14.2 */
  | { readonly status: 'reused'; readonly grant_id: string; readonly revoked: Revoked }
  | { readonly status: 'refused' | 'expired' | 'not_found' };

type Answer = Omit<Extract<Rotated, { status: 'rotated' }>, 'status' | 'retried'>;

/** What is stored of a token that was rotated. */
type Ended = RefreshToken & {
  readonly rotated_at: string;
  /** The attempt that did it. */
  readonly rotated_by: string;
  /** The handle of what came next. */
  readonly successor: string;
  readonly grace?: Grace;
};

interface Prepared {
  readonly puts: readonly Put[];
  readonly answer: Answer;
  /** The latest expiry of what is stored. */
  readonly until: number | null;
}

/** What of a token is known after its rotation. */
const KEPT = ['client_id', 'grant_id', 'username', 'handle', 'issued_at'] as const;

export class Rotator {
  readonly #records: RecordStore;
  readonly #options: ResolvedRotation;

  constructor(records: RecordStore, options: ResolvedRotation) {
    this.#records = records;
    this.#options = options;
  }

  async rotate(token: string, next: NextRotation): Promise<Rotated> {
    const id = this.#records.keys.handle('refresh', token);
    const attempt = randomUUID();
    let prepared: Prepared | null = null;
    for (let tries = 0; tries < TRIES; tries++) {
      const found = await this.#records.readRefresh('refreshTokens.rotate', id);
      if (found === null) return { status: 'not_found' };
      if (found.record['rotated_at'] !== undefined) {
        // This very rotation was made, and its reply was lost.
        if (prepared !== null && found.record['rotated_by'] === attempt)
          return rotated(prepared.answer, false);
        const again = await this.#again(token, found, next);
        if (again !== null) return again;
        continue;
      }
      if (prepared === null) {
        const rotation = await next({ ...found.record } as unknown as RefreshToken);
        if (rotation === null) return { status: 'refused' };
        prepared = this.#prepare(found, checkRotation(rotation));
      }
      const ended =
        prepared.answer.token === null ? [] : [this.#ended(found, token, attempt, prepared.answer)];
      const change = {
        checks: [{ key: found.key, version: found.version }],
        // Where its memory has a key of its own.
        deletes: ended.some(({ key }) => key !== found.key) ? [{ key: found.key }] : [],
        puts: [...prepared.puts, ...ended],
      };
      const committing = this.#records.commit('refreshTokens.rotate', 'idempotent', () => change);
      const clientId = String(found.record['client_id']);
      const { committed } = await keepingClientAlive(
        this.#records,
        'refreshTokens.rotate',
        clientId,
        prepared.until,
        committing,
      );
      if (committed) return rotated(prepared.answer, false);
    }
    throw contended('refreshTokens.rotate');
  }

  /** The new tokens, and how the call will be answered. */
  #prepare({ record }: Found, { refreshToken, accessToken, response }: Rotation): Prepared {
    const { handle: _handle, issued_at: _issued, expires_at: _expires, ...inherited } = record;
    const owned = { client_id: inherited['client_id'], grant_id: inherited['grant_id'] };
    const refresh =
      refreshToken &&
      newRefreshToken(this.#records, { ...inherited, ...refreshToken, ...owned }, 'refreshToken');
    const access =
      accessToken &&
      newAccessToken(this.#records, { ...ownerOf(inherited), ...accessToken, ...owned }, 'accessToken');
    const made = [refresh, access].filter((one) => one !== undefined);
    if (refresh?.stored.handle === record['handle']) {
      throw new TypeError('rotation.refreshToken.token must be a new one, received the one that it replaces');
    }
    const answer: Answer = {
      refreshToken: refresh?.stored ?? ({ ...record } as unknown as RefreshToken),
      token: refreshToken?.token ?? null,
      accessToken: access?.stored ?? null,
      response: response ?? null,
    };
    return {
      puts: made.map(({ put }) => put),
      answer,
      until: latest(made.map(({ expiresAt }) => expiresAt)),
    };
  }

  /** What stays of a rotated token, so that its reuse is recognised. */
  #ended({ id, record }: Found, token: string, attempt: string, answer: Answer): Put {
    const { reuseDetection, gracePeriod, graceCount } = this.#options;
    const now = this.#records.now();
    const expiresAt = Math.min(endOf(record) ?? Infinity, now + reuseDetection);
    // Whoever comes again within the grace period is asked for as at the first time.
    const kept = gracePeriod > 0 ? record : membersOf(record, KEPT);
    const grace: Grace | undefined =
      gracePeriod === 0
        ? undefined
        : { until: now + gracePeriod, left: graceCount, sealed: sealUnder(token, id, answer) };
    const ended = {
      ...kept,
      expires_at: isoOf(expiresAt),
      rotated_at: isoOf(now),
      rotated_by: attempt,
      successor: answer.refreshToken.handle,
      ...(grace === undefined ? {} : { grace }),
    };
    return this.#records.put('refresh', id, ended, expiresAt);
  }

  /** Answers whoever presents a rotated token; `null` when its record changed meanwhile and must be read again. */
  async #again(token: string, found: Found, next: NextRotation): Promise<Rotated | null> {
    const { grace, successor, rotated_at: _at, rotated_by: _by, ...current } = found.record as Ended;
    const grantId = current.grant_id;
    if (grace !== undefined && grace.left > 0 && this.#records.now() < grace.until) {
      const heir = await this.#records.readOne('refreshTokens.rotate', 'refresh', successor);
      // Once the successor has been used, its owner has got it.
      if (heir !== null && heir.record['rotated_at'] === undefined) {
        if ((await next(current)) === null) return { status: 'refused' };
        const answer = unsealUnder(token, found.id, grace.sealed) as Answer;
        const fewer = { ...found.record, grace: { ...grace, left: grace.left - 1 } };
        const change = {
          checks: [{ key: found.key, version: found.version }],
          puts: [this.#records.put('refresh', found.id, fewer, endOf(found.record))],
        };
        const { committed } = await this.#records.commit('refreshTokens.rotate', 'single', () => change);
        return committed ? rotated(answer, true) : null;
      }
    }
    const revoked = await this.#revoke(grantId, current);
    return { status: 'reused', grant_id: grantId, revoked };
  }

  /** Another program knows of no grants: what it issued for a token of this one is of the grant that has no name. */
  async #revoke(grantId: string, token: RefreshToken): Promise<Revoked> {
    const revoked = await revoke(this.#records, 'refreshTokens.rotate', { grantId });
    const shared = sharedGrantOf(token);
    if (!this.#records.isShared || shared === grantId) return revoked;
    const more = await revoke(this.#records, 'refreshTokens.rotate', { grantId: shared });
    return {
      accessTokens: revoked.accessTokens + more.accessTokens,
      refreshTokens: revoked.refreshTokens + more.refreshTokens,
      codes: revoked.codes + more.codes,
      sessions: revoked.sessions + more.sessions,
    };
  }
}

function rotated(answer: Answer, retried: boolean): Rotated {
  return { status: 'rotated', ...answer, retried };
}

/** What an access token takes from the refresh token: whose it is, and what it is for. */
function ownerOf(record: Record<string, unknown>): Record<string, unknown> {
  return membersOf(record, ['username', 'user_id', 'scope', 'resource']);
}

function membersOf(record: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    names.filter((name) => record[name] !== undefined).map((name) => [name, record[name]]),
  );
}

function checkRotation(rotation: unknown): Rotation {
  if (typeof rotation !== 'object' || rotation === null) {
    throw new TypeError(`next must give an object or null, received ${kindOf(rotation)}`);
  }
  const given = checkRecord(rotation, 'rotation') as Rotation;
  if (given.refreshToken === undefined && given.accessToken === undefined) {
    throw new TypeError('next must give a refreshToken, an accessToken, or both');
  }
  return given;
}
