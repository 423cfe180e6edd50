/** What `@atxp/common` calls these, member for member, so that nothing of it is needed at run time. */

export interface ClientCredentials {
  clientId: string;
  /** Empty for a public client. */
  clientSecret: string;
  redirectUri: string;
}

export interface PKCEValues {
  codeVerifier: string;
  codeChallenge: string;
  resourceUrl: string;
  url: string;
}

export interface AccessToken {
  accessToken: string;
  refreshToken?: string;
  /** Epoch seconds, or milliseconds up to ATXP 0.11.9: both are understood, and come back as they were saved. */
  expiresAt?: number;
  resourceUrl: string;
}

/** What an ATXP server stores. */
export interface OAuthResourceDb {
  getClientCredentials(serverUrl: string): Promise<ClientCredentials | null>;
  saveClientCredentials(serverUrl: string, credentials: ClientCredentials): Promise<void>;
  close(): Promise<void>;
}

/** What an ATXP client stores: the type of its option `oAuthDb`. */
export interface OAuthDb extends OAuthResourceDb {
  getPKCEValues(userId: string, state: string): Promise<PKCEValues | null>;
  savePKCEValues(userId: string, state: string, values: PKCEValues): Promise<void>;
  getAccessToken(userId: string, url: string): Promise<AccessToken | null>;
  saveAccessToken(userId: string, url: string, token: AccessToken): Promise<void>;
}

/** Turns a secret into what is stored, or back. It may be asynchronous, which it may not be with ATXP's own classes. */
export type Cipher = (data: string) => string | Promise<string>;
