import type { Lifetimes } from '../lifetimes.ts';

/**
 * How what is issued stands in the database.
 *
 * - `oauthdb`: the form of this library.
 * - `gateway`: that of mcp-oauth-dynamicclient, the authorization service of the MCP OAuth gateway, which may run on the same Redis at
 *   the same time.
 */
export type LayoutName = 'oauthdb' | 'gateway';

export const layoutNames: readonly LayoutName[] = ['oauthdb', 'gateway'];

const day = 24 * 3_600_000;

/** The lives that the service gives and this library would not. */
export const gatewayLifetimes: Lifetimes = { code: 365 * day };

/**
 * Throws a `TypeError` for a prefix under which a cluster could keep a refresh token and the memory of its rotation apart, see
 * `Keys.rotated`.
 */
export function checkGatewayPrefix(prefix: string): void {
  if (/^[^{}]*(\{[^{}]+\}[^{}]*)?$/.test(prefix)) return;
  throw new TypeError(
    `serverKeyPrefix (${JSON.stringify(prefix)}) may hold braces only as one {hashTag} with layout: 'gateway'`,
  );
}
