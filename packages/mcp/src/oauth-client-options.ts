import { kindOf } from '@oauthdb/core';
import type { FetchLike, OAuthClientInformationMixed, OAuthClientMetadata } from './sdk.ts';

export interface OAuthClientProviderOptions {
  /** The MCP server, as its transport is told. */
  readonly serverUrl: string | URL;
  /** Whose tokens they are. Default: the application's own. */
  readonly userId?: string | undefined;
  /** Where the user comes back to; left out for grants without a user. */
  readonly redirectUrl?: string | URL | undefined;
  readonly clientMetadata: OAuthClientMetadata;
  /** Shows the user the authorization page. */
  readonly onRedirect?: ((authorizationUrl: URL) => void | Promise<void>) | undefined;
  /** A registration that was made beforehand; nothing is registered then. Name its `issuer`, so that no other server gets it. */
  readonly clientInformation?: OAuthClientInformationMixed | undefined;
  /** Where authorization servers find the client's metadata, if they take a URL for a client id. */
  readonly clientMetadataUrl?: string | undefined;
  /** A new state for each authorization request; it is for the application to compare when the user comes back. */
  readonly state?: (() => string | Promise<string>) | undefined;
  /** What the provider's own `fetch` sends requests with. Default: the global one. */
  readonly fetch?: FetchLike | undefined;
  /**
   * How long a process has for a refresh, in milliseconds, while the others wait: more than the authorization server ever takes.
   * Then another one tries, for the first may be gone. Default 30 seconds.
   */
  readonly refreshLease?: number | undefined;
  /** How a process waits for another one's refresh, for so many milliseconds. Default: by a timer. */
  readonly wait?: ((ms: number) => Promise<void>) | undefined;
  /** The clock, in epoch milliseconds. Default `Date.now`. */
  readonly now?: (() => number) | undefined;
}

export const optionNames: readonly (keyof OAuthClientProviderOptions)[] = [
  'serverUrl',
  'userId',
  'redirectUrl',
  'clientMetadata',
  'onRedirect',
  'clientInformation',
  'clientMetadataUrl',
  'state',
  'fetch',
  'refreshLease',
  'wait',
  'now',
];

/** Names the user and the server, so that no two pairs have the same name. */
export function ownerOf({ serverUrl, userId }: OAuthClientProviderOptions): string {
  if (userId !== undefined && (typeof userId !== 'string' || userId === '' || !userId.isWellFormed())) {
    throw new TypeError(`userId must be a well-formed string that is not empty, received ${kindOf(userId)}`);
  }
  if (!URL.canParse(String(serverUrl))) throw new TypeError('serverUrl must be an absolute URL');
  const url = new URL(serverUrl);
  url.hash = '';
  return `${encodeURIComponent(userId ?? '')}:${url.href}`;
}
