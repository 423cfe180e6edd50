export { dualWrite } from './dual/dual-write.ts';
export { connectRedisSource } from './layouts/connect-redis.ts';
export type { ConnectRedisSourceOptions } from './layouts/connect-redis.ts';
export { keyvSource } from './layouts/keyv.ts';
export type { KeyvSourceOptions } from './layouts/keyv.ts';
export type { LayoutOptions, LayoutSource } from './layouts/layout-source.ts';
export { oidcProviderSource } from './layouts/oidc-provider.ts';
export type { OidcProviderSourceOptions } from './layouts/oidc-provider.ts';
export type { LeftOut, LeftOutCount, LeftOutReason } from './left-out.ts';
export { migrate } from './migrate.ts';
export type { Compared, Migrated, MigrateOptions, MigrationProgress } from './migrate.ts';
export type {
  MigrationRecord,
  MigrationSource,
  OutlivingToken,
  SourceExportOptions,
} from './migration-source.ts';
