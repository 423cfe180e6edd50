export { atxpOAuthDb, DEFAULT_ACCESS_TOKEN_TTL_SECONDS } from './atxp-oauth-db.ts';
export type { AtxpOAuthDbOptions } from './atxp-oauth-db.ts';
export { atxpSource } from './atxp-source.ts';
export type { AtxpSource, AtxpSourceOptions } from './atxp-source.ts';
export { MemoryOAuthDb } from './memory-oauth-db.ts';
export type { MemoryOAuthDbConfig } from './memory-oauth-db.ts';
export type { OAuthRecord, OAuthRecords } from './oauth-record.ts';
export type { CommonOptions } from './options.ts';
export type { AccessToken, ClientCredentials, OAuthDb, OAuthResourceDb, PKCEValues } from './types.ts';
