import type { OAuthDatabaseError } from '@oauthdb/core';
import type { AuthorizationParams, OAuthClientInformationFull } from './sdk.ts';

export interface OAuthDatabaseProviderOptions {
  /** How long an access token lives, in milliseconds. Default 1 hour. */
  readonly accessTokenLifetime?: number | undefined;
  /**
   * Is told when the database fails; it must not throw. The SDK's router and `requireBearerAuth` answer with status 500, and say
   * nothing to anybody. Default: nobody is told.
   */
  readonly onError?: ((error: OAuthDatabaseError) => void) | undefined;
  /** The clock, in epoch milliseconds. Default `Date.now`. */
  readonly now?: (() => number) | undefined;
}

/** What a user has agreed to. */
export interface Consent {
  /** Who the user is: what `db.revoke({ username })` and the listings ask for. */
  readonly username: string;
  readonly user_id?: string | undefined;
  /** What of the requested scopes was granted. Default: all. */
  readonly scopes?: readonly string[] | undefined;
  /** What else the MCP server is to know with each request: `authInfo.extra`. Anything JSON can hold. */
  readonly extra?: Readonly<Record<string, unknown>> | undefined;
}

/** An authorization request that waited for its user. */
export interface PendingAuthorization {
  readonly client: OAuthClientInformationFull;
  readonly params: AuthorizationParams;
}
