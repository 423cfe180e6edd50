import { integer, kindOf } from '@oauthdb/core';

/** The options that every class of this package takes. */
export interface CommonOptions {
  /**
   * How long a refresh token is kept after its access token has expired, in seconds. Default: 30 days.
   */
  readonly refreshTtl?: number | undefined;
  /**
   * How long an expired access token is handed out, for the sake of its refresh token, in seconds from the first time. Default 300;
   * 0: never.
   */
  readonly refreshWindow?: number | undefined;
  /** Whether PKCE values are gone once they were read. Default: false, as with ATXP's own classes. */
  readonly singleUsePkce?: boolean | undefined;
  /** The clock, in epoch milliseconds. Default: `Date.now`. */
  readonly now?: (() => number) | undefined;
}

export interface ResolvedCommon {
  readonly refreshTtl: number;
  readonly refreshWindow: number;
  readonly singleUsePkce: boolean;
  readonly now: () => number;
}

export const commonOptionNames: readonly (keyof CommonOptions)[] = [
  'refreshTtl',
  'refreshWindow',
  'singleUsePkce',
  'now',
];

/** Fills in the defaults. Throws a `TypeError` that names the option that is wrong. */
export function resolveCommon(options: CommonOptions): ResolvedCommon {
  const now = options.now ?? ((): number => Date.now());
  if (typeof now !== 'function') throw new TypeError(`now must be a function, received ${kindOf(now)}`);
  return {
    refreshTtl: seconds('refreshTtl', options.refreshTtl ?? 30 * 86_400, 0),
    refreshWindow: seconds('refreshWindow', options.refreshWindow ?? 300, 0),
    singleUsePkce: flag('singleUsePkce', options.singleUsePkce),
    now,
  };
}

export function flag(name: string, value: unknown): boolean {
  if (value === undefined || typeof value === 'boolean') return value ?? false;
  throw new TypeError(`${name} must be true or false, received ${kindOf(value)}`);
}

/** Up to a hundred years: what is added to it stays a valid time. */
export function seconds(name: string, value: number, least = 1): number {
  return integer(name, value, least, 100 * 365 * 86_400);
}
