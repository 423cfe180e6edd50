import type { Exported, Finding, Health, Imported, OAuthDatabase, Removed } from '@oauthdb/core';
import { dualClients } from './clients.ts';
import { DualHeld } from './held.ts';
import { dualIssue } from './issue.ts';
import { following, most, union, type Pair } from './pair.ts';
import { dualCodes, dualStates } from './single-use.ts';
import { dualAccessTokens, dualRefreshTokens, dualSessions } from './tokens.ts';

/**
 * Two databases as one, for a move without a stop: what is written goes to both, what is read comes from the new one, or else from
 * the old one, which has all that was not copied yet.
 *
 * The old one decides: it is written first, and what it says then is put into the new one. Of what is single use, a code, a state,
 * a refresh token, it alone says who has it, as long as it knows of it; the new one is asked for the rest. So all processes must write
 * to both before anything is copied, and none may write to the new one alone before all of them do. A call that fails may have
 * changed the old one and not yet the new one: to repeat it brings both to the same.
 *
 * Each write takes several round trips, some in both. To copy what is in the old one already: {@link migrate} with `follow`, whose
 * second pass removes what was revoked in the middle of the first.
 *
 * @example
 * const db = dualWrite(await open('sqlite:./oauth.db'), await open('redis://localhost:6379'));
 */
export function dualWrite(old: OAuthDatabase, next: OAuthDatabase): OAuthDatabase {
  if (old === next) throw new TypeError('old and new must be two databases');
  return new DualDatabase({ old, next });
}

/** How many records of an import are under way. */
const TOGETHER = 100;

class DualDatabase implements OAuthDatabase {
  readonly supports: OAuthDatabase['supports'];
  readonly guarantees: OAuthDatabase['guarantees'];
  readonly handles: OAuthDatabase['handles'];
  readonly clients: OAuthDatabase['clients'];
  readonly states: OAuthDatabase['states'];
  readonly codes: OAuthDatabase['codes'];
  readonly accessTokens: OAuthDatabase['accessTokens'];
  readonly refreshTokens: OAuthDatabase['refreshTokens'];
  readonly sessions: OAuthDatabase['sessions'];
  readonly #pair: Pair;
  readonly #held: DualHeld;

  constructor(pair: Pair) {
    const [one, other] = [pair.old.supports, pair.next.supports];
    this.supports = {
      transactions: one.transactions && other.transactions,
      permanence: one.permanence && other.permanence,
      clock: one.clock && other.clock,
      scan: one.scan && other.scan,
    };
    this.guarantees = pair.old.guarantees;
    this.handles = pair.next.handles;
    this.clients = dualClients(pair);
    this.states = dualStates(pair);
    this.codes = dualCodes(pair);
    this.accessTokens = dualAccessTokens(pair);
    this.refreshTokens = dualRefreshTokens(pair);
    this.sessions = dualSessions(pair);
    this.#pair = pair;
    this.#held = new DualHeld(pair);
  }

  storeToken: OAuthDatabase['storeToken'] = (...given) => this.#held.store(...given);
  getToken: OAuthDatabase['getToken'] = (key) => this.#held.get(key);
  hasToken: OAuthDatabase['hasToken'] = (key) => this.#held.has(key);
  deleteToken: OAuthDatabase['deleteToken'] = (key) => this.#held.delete(key);
  replaceToken: OAuthDatabase['replaceToken'] = (...given) => this.#held.replace(...given);
  listTokens: OAuthDatabase['listTokens'] = () => this.#held.list();
  getTokenExpiry: OAuthDatabase['getTokenExpiry'] = (key) => this.#held.expiry(key);
  getTokens: OAuthDatabase['getTokens'] = (keys) => this.#held.getMany(keys);
  storeTokens: OAuthDatabase['storeTokens'] = (tokens) => this.#held.storeMany(tokens);
  deleteTokens: OAuthDatabase['deleteTokens'] = (keys) => this.#held.deleteMany(keys);
  scanTokens: OAuthDatabase['scanTokens'] = () => this.#held.scan();
  issue: OAuthDatabase['issue'] = (issuance) => dualIssue(this.#pair, issuance);

  revoke: OAuthDatabase['revoke'] = async (owner) => {
    const { old, next } = this.#pair;
    return most(await old.revoke(owner), await following(() => next.revoke(owner)));
  };

  reencrypt: OAuthDatabase['reencrypt'] = async (options) => {
    const { old, next } = this.#pair;
    return most(await old.reencrypt(options), await next.reencrypt(options));
  };

  async health(): Promise<Health> {
    const [one, other] = await Promise.all([this.#pair.old.health(), this.#pair.next.health()]);
    return one.status === 'ok' ? other : one;
  }

  async check(): Promise<Finding[]> {
    const [one, other] = await Promise.all([this.#pair.old.check(), this.#pair.next.check()]);
    const named = (which: string, found: readonly Finding[]): Finding[] =>
      found.map((finding) => ({ ...finding, message: `${which}: ${finding.message}` }));
    return [...named('the old database', one), ...named('the new database', other)];
  }

  /** Of the new one. */
  stats: OAuthDatabase['stats'] = (options) => this.#pair.next.stats(options);

  purge: OAuthDatabase['purge'] = async (options) => {
    const { old, next } = this.#pair;
    return most(await old.purge(options), await next.purge(options));
  };

  export: OAuthDatabase['export'] = (options) =>
    union<Exported>(
      this.#pair,
      (db) => db.export(options),
      (one) => JSON.stringify([one.kind, one.kind === 'held' ? one.key : one.id]),
    );

  /** Each where it is decided, and then, if it was written there, into the other. */
  import: OAuthDatabase['import'] = async (records, options = {}) => {
    const { old, next } = this.#pair;
    let total = await old.import([], options);
    const both = async (record: Exported | Removed): Promise<void> => {
      const did = await old.import([record], options);
      total = sum(total, did);
      if (options.dryRun === true) return;
      if (did.refused > 0) return this.#refuse(record as Exported);
      if (did.stored + did.replaced + did.removed === 0) return;
      await following(() => next.import([record], { mode: 'replace' }));
      if ('removed' in record) return;
      // Somebody has changed it since: it is read from where it is decided, until whoever did has put it there.
      const { kept } = await following(() => old.import([record], { mode: 'replace', dryRun: true }));
      if (kept === 0) await following(() => next.import([removedOf(record)]));
    };
    let piece: (Exported | Removed)[] = [];
    for await (const record of records) {
      piece.push(record);
      if (piece.length < TOGETHER) continue;
      await Promise.all(piece.map(both));
      piece = [];
    }
    await Promise.all(piece.map(both));
    return total;
  };

  /** What the one that decides has refused: an import that was cut off may have left it in the other. */
  async #refuse(record: Exported): Promise<void> {
    const { next } = this.#pair;
    const would = await following(() => next.import([record], { mode: 'replace', dryRun: true }));
    if (would.refused > 0) await following(() => next.import([record]));
    else if (would.kept > 0) await following(() => next.import([removedOf(record)]));
  }

  async close(): Promise<void> {
    await Promise.all([this.#pair.old.close(), this.#pair.next.close()]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function removedOf(one: Exported): Removed {
  if (one.kind === 'held') return { kind: 'held', key: one.key, removed: true };
  return { kind: one.kind, id: one.id, handles: one.handles, removed: true };
}

function sum(one: Imported, other: Imported): Imported {
  const names = Object.keys(one) as (keyof Imported)[];
  return Object.fromEntries(names.map((name) => [name, one[name] + other[name]])) as unknown as Imported;
}
