export { dualWrite } from './dual/dual-write.ts';
export { migrate } from './migrate.ts';
export type { Compared, Migrated, MigrateOptions, MigrationProgress } from './migrate.ts';
export type { MigrationSource, OutlivingToken } from './migration-source.ts';
