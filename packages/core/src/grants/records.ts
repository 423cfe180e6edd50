/**
 * What an authorization server remembers. Members have the names of the RFCs and of the data that is out there (snake_case);
 * members that are not named here are kept as they are. What is stored is JSON: an `undefined` member is left out, a `Date`
 * becomes its ISO 8601 form.
 */

/** A moment that a caller passes in: a `Date`, its ISO 8601 form, or `null` for never. */
export type When = Date | string | null;

/** What a caller may say of a record's life; left out, the lifetime of its kind counts. */
export interface Life {
  readonly expires_at?: When | undefined;
}

/** What a stored record says of its life. */
export interface Stored {
  /** ISO 8601, to the millisecond; `null`: never. */
  readonly expires_at: string | null;
}

interface Members {
  readonly [member: string]: unknown;
}

/** A client's registration. @see RFC 7591 section 2 and 3.2.1, RFC 7592 section 3 */
export interface ClientMetadata extends Members {
  readonly client_id: string;
  /** Absent for public clients. */
  readonly client_secret?: string | undefined;
  /** Epoch seconds; 0: never. @see RFC 7591 section 3.2.1 */
  readonly client_secret_expires_at?: number | undefined;
  /** Epoch seconds. @see RFC 7591 section 3.2.1 */
  readonly client_id_issued_at?: number | undefined;
  /** @see RFC 7592 section 3 */
  readonly registration_access_token?: string | undefined;
  /** @see RFC 7592 section 3 */
  readonly registration_client_uri?: string | undefined;
  /** @see RFC 7591 section 2, as all that follow */
  readonly redirect_uris?: readonly string[] | undefined;
  readonly token_endpoint_auth_method?: string | undefined;
  readonly grant_types?: readonly string[] | undefined;
  readonly response_types?: readonly string[] | undefined;
  readonly client_name?: string | undefined;
  readonly client_uri?: string | undefined;
  readonly logo_uri?: string | undefined;
  readonly scope?: string | undefined;
  readonly contacts?: readonly string[] | undefined;
  readonly tos_uri?: string | undefined;
  readonly policy_uri?: string | undefined;
  readonly jwks_uri?: string | undefined;
  readonly jwks?: object | undefined;
  readonly software_id?: string | undefined;
  readonly software_version?: string | undefined;
}

/** A registration as it is stored. */
export type Client = ClientMetadata &
  Stored & {
    /** When it was registered, ISO 8601. */
    readonly created_at: string;
  };

/** An authorization request, kept under its `state` while the user is away. @see RFC 6749 section 4.1.1 */
export interface AuthorizationRequest extends Members {
  readonly client_id: string;
  readonly redirect_uri?: string | undefined;
  readonly scope?: string | undefined;
  /** The client's own state, to be sent back to it. */
  readonly state?: string | undefined;
  /** @see RFC 7636 section 4.3 */
  readonly code_challenge?: string | null | undefined;
  /** @see RFC 7636 section 4.3 */
  readonly code_challenge_method?: string | undefined;
  /** @see RFC 8707 section 2 */
  readonly resource?: string | readonly string[] | undefined;
}

/** What a grant says, and everything that follows from it. */
export interface GrantMembers {
  readonly client_id: string;
  /** Names everything that follows from one grant. Made up where it is left out. */
  readonly grant_id?: string | undefined;
  /** Whose it is: what {@link OAuthDatabase.revoke} and the listings ask for. */
  readonly username?: string | undefined;
  readonly user_id?: string | undefined;
  readonly scope?: string | undefined;
  /** @see RFC 8707 section 2 */
  readonly resource?: string | readonly string[] | undefined;
}

/** What a user has granted and a code stands for. @see RFC 6749 section 4.1.2 */
export interface CodeGrant extends GrantMembers, Members {
  /** Must be repeated when the code is redeemed. @see RFC 6749 section 4.1.3 */
  readonly redirect_uri?: string | undefined;
  /** @see RFC 7636 section 4.4 */
  readonly code_challenge?: string | null | undefined;
  /** @see RFC 7636 section 4.3 */
  readonly code_challenge_method?: string | undefined;
}

/** A code's grant as it is stored. */
export type Code = CodeGrant & Stored & { readonly grant_id: string };

/** What an access token stands for, under its `jti`. @see RFC 7662 section 2.2, RFC 9068 section 2.2 */
export interface AccessTokenGrant extends GrantMembers, Members {
  /** Identifies the token, and is not the token: it is the name of a key, and names are not secret. @see RFC 7519 section 4.1.7 */
  readonly jti: string;
}

/** An access token as it is stored. */
export type AccessToken = AccessTokenGrant &
  Stored & {
    readonly grant_id: string;
    /** ISO 8601. */
    readonly issued_at: string;
  };

/**
 * What a refresh token stands for. The token itself is never stored; its `resource` limits what may be asked for at a refresh.
 *
 * @see RFC 6749 section 6, RFC 8707 section 2.2
 */
export interface RefreshTokenGrant extends GrantMembers, Members {}

/** A refresh token as it is stored. */
export type RefreshToken = RefreshTokenGrant &
  Stored & {
    readonly grant_id: string;
    /** ISO 8601. */
    readonly issued_at: string;
    /** The name under which it is kept; the token cannot be computed from it. */
    readonly handle: string;
  };

/** A session of a user. */
export interface SessionData extends Members {
  readonly username?: string | undefined;
}

/** A session as it is stored. */
export type Session = SessionData &
  Stored & {
    readonly created_at: string;
    /** The name under which it is kept; the session id cannot be computed from it. */
    readonly handle: string;
  };
