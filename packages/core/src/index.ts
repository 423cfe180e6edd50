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
export { isOAuthDatabaseError, OAuthDatabaseError } from './error.ts';
export type { OAuthDatabaseErrorCode, OAuthDatabaseErrorOptions } from './error.ts';
export { kindOf } from './input.ts';
export type { HeldToken, OAuthDatabase, TokenExpiry } from './oauth-database.ts';
export { lateError, refuseLate } from './late.ts';
export { databaseOptionNames, integer, refuseUnknownOptions } from './options.ts';
export type { DatabaseOptions } from './options.ts';
export { monotonicNow, startTimer, stopTimer } from './timing.ts';
