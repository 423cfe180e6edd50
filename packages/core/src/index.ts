export { DriverDatabase } from './driver-database.ts';
export type {
  Change,
  Check,
  Committed,
  Delete,
  Driver,
  Entry,
  Moment,
  Page,
  PageRequest,
  Put,
  Supports,
  Tag,
  TagName,
  Take,
  Taken,
  Where,
} from './driver.ts';
export type { AccessTokens } from './grants/access-tokens.ts';
export type { ClientChange, Clients, DeletedClient, Registration } from './grants/clients.ts';
export type { Codes, ConsumedCode } from './grants/codes.ts';
export type { Issuance, Issued, OwnMembers } from './grants/issue.ts';
export { fromGateway, toGateway } from './grants/layouts/gateway-record.ts';
export type { LayoutName } from './grants/layouts/layout.ts';
export type { Lifetimes } from './grants/lifetimes.ts';
export type { PageOptions, RecordPage } from './grants/listing.ts';
export type { NewRefreshToken } from './grants/new-tokens.ts';
export type { GrantOwner } from './grants/owner.ts';
export type { Redemption, Refused } from './grants/redeem.ts';
export { checkRecord } from './grants/record-input.ts';
export type * from './grants/records.ts';
export type { RefreshTokens } from './grants/refresh-tokens.ts';
export type { Revoked } from './grants/revoke.ts';
export type { NextRotation, Rotated, Rotation } from './grants/rotate.ts';
export type { RotationOptions } from './grants/rotation-options.ts';
export type { Sessions } from './grants/sessions.ts';
export type { ConsumedState, States } from './grants/states.ts';
export { frozenGuarantees, MEMORY_GUARANTEES } from './guarantees.ts';
export type { DurabilityProfile, Guarantees, Survival } from './guarantees.ts';
export { isOAuthDatabaseError, OAuthDatabaseError } from './error.ts';
export type { OAuthDatabaseErrorCode, OAuthDatabaseErrorOptions } from './error.ts';
export { checkKey, checkToken, kindOf } from './input.ts';
export type { HeldToken, OAuthDatabase, TokenExpiry } from './oauth-database.ts';
export { lateError, refuseLate } from './late.ts';
export { integer } from './integer.ts';
export { durableKinds, exportedKinds } from './operations/exported.ts';
export type {
  Exported,
  ExportedKind,
  ExportedRecord,
  ExportedToken,
  Removed,
} from './operations/exported.ts';
export type { ExportOptions } from './operations/export.ts';
export type { Finding } from './operations/finding.ts';
export type { HandleForm } from './operations/handle-form.ts';
export type { BackendInfo, Health } from './operations/health.ts';
export type { Imported, ImportOptions } from './operations/import.ts';
export type { ListStats } from './operations/lists.ts';
export type { ImportMode } from './operations/merge.ts';
export type { Purged, PurgeOptions } from './operations/purge.ts';
export type { KindStats, Stats, StatsOptions } from './operations/stats.ts';
export type { Unreadable } from './operations/walk.ts';
export { databaseOptionNames, refuseUnknownOptions, resolveOptions } from './options.ts';
export type { DatabaseOptions, ResolvedOptions } from './options.ts';
export type { ProgressOptions } from './progress.ts';
export type { Reencrypted, ReencryptOptions } from './secrets/reencrypt.ts';
export type { SecretKey, SecretsOptions } from './secrets/secrets-options.ts';
export { monotonicNow, startTimer, startTurn, stopTimer, stopTurn } from './timing.ts';
