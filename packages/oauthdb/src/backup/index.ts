export { backup } from './backup.ts';
export type { BackupOptions, BackupProgress, BackupSummary } from './backup.ts';
export type { Counts } from './format.ts';
export { keepNewest, timedPath } from './keep.ts';
export type { BackupSecret } from './lock.ts';
export { restore, verify } from './restore.ts';
export type { Restored, RestoreOptions, VerifyOptions } from './restore.ts';
