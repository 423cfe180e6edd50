import { integer } from '../integer.ts';

/** How long what is stored lives when its record does not say, in milliseconds; `null`: for ever. */
export interface Lifetimes {
  /** Default 90 days. */
  readonly client?: number | null | undefined;
  /** Default 5 minutes. */
  readonly state?: number | undefined;
  /** Default 60 seconds; RFC 6749 section 4.1.2 recommends 10 minutes at most. */
  readonly code?: number | undefined;
  /** Default 30 days. */
  readonly accessToken?: number | null | undefined;
  /** Default 1 year. */
  readonly refreshToken?: number | null | undefined;
  /** Default 1 day. */
  readonly session?: number | null | undefined;
}

export type ResolvedLifetimes = { readonly [kind in keyof Lifetimes]-?: number | null };

const minute = 60_000;
const day = 24 * 60 * minute;

const defaults: ResolvedLifetimes = {
  client: 90 * day,
  state: 5 * minute,
  code: minute,
  accessToken: 30 * day,
  refreshToken: 365 * day,
  session: day,
};

/** What must not stay for long: each is a chance to guess, and nobody would clear it away. */
const finite: ReadonlySet<string> = new Set(['state', 'code']);

/** A year, which is what the longest-lived codes out there have. */
const MOST_FINITE = 366 * day;

/** Throws a `TypeError` for a state or a code that would live too long. */
export function checkFinite(expiresAt: number | null, now: number, name: string): number {
  if (expiresAt !== null && expiresAt <= now + MOST_FINITE) return expiresAt;
  throw new TypeError(`${name} must be within a year: it is for a short time`);
}

/** @param own - the defaults that a layout has of its own. */
export function resolveLifetimes(lifetimes: Lifetimes = {}, own: Lifetimes = {}): ResolvedLifetimes {
  const unknown = Object.keys(lifetimes).find((name) => !Object.hasOwn(defaults, name));
  if (unknown !== undefined) throw new TypeError(`unknown option lifetimes.${unknown}`);
  const kinds = Object.keys(defaults) as (keyof Lifetimes)[];
  const life = (kind: keyof Lifetimes): number | null => {
    const given = lifetimes[kind] ?? (lifetimes[kind] === null ? null : own[kind]);
    if (given === undefined) return defaults[kind];
    if (given === null && !finite.has(kind)) return null;
    return integer(`lifetimes.${kind}`, given, 1, finite.has(kind) ? MOST_FINITE : Number.MAX_SAFE_INTEGER);
  };
  return Object.fromEntries(kinds.map((kind) => [kind, life(kind)])) as unknown as ResolvedLifetimes;
}
