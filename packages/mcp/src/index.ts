export { clientsStore } from './clients-store.ts';
export { oauthClientProvider } from './oauth-client-provider.ts';
export type { OAuthClientProviderOptions } from './oauth-client-options.ts';
export type { StoredOAuthClientProvider } from './oauth-client-provider.ts';
export { OAuthDatabaseProvider } from './oauth-database-provider.ts';
export type { Consent, OAuthDatabaseProviderOptions, PendingAuthorization } from './authorization.ts';
export type { AuthorizationParams, AuthorizationResponse } from './sdk.ts';
