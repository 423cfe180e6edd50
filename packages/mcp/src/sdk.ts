// The types of the SDK that this package shows.

export type { OAuthClientProvider, OAuthDiscoveryState } from '@modelcontextprotocol/sdk/client/auth.js';
export type { OAuthRegisteredClientsStore } from '@modelcontextprotocol/sdk/server/auth/clients.js';
export type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
export type { FetchLike } from '@modelcontextprotocol/sdk/shared/transport.js';
export type {
  OAuthClientInformationFull,
  OAuthClientInformationMixed,
  OAuthClientMetadata,
  OAuthTokenRevocationRequest,
  OAuthTokens,
} from '@modelcontextprotocol/sdk/shared/auth.js';

/** What a client asks for: the SDK's type, whose module needs the types of Express, which need not be there. */
export type AuthorizationParams = {
  readonly state?: string;
  readonly scopes?: string[];
  readonly codeChallenge: string;
  readonly redirectUri: string;
  readonly resource?: URL;
};

/** What every response of Express can do; an `authorize` may say that it takes Express's own. */
export interface AuthorizationResponse {
  redirect(url: string): void;
}
