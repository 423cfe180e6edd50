import { DriverDatabase, type DatabaseOptions, type Driver, type OAuthDatabase } from '@oauthdb/core';
import { overlay, type Replacing } from '../mutants/overlay.ts';
import type { RemoteOptions } from './remote.ts';

/** A backend behind a wire that is broken in one way. */
export interface BrokenRemote {
  /** What is wrong with it. */
  readonly name: string;
  /** The case that must notice: a part of its name. */
  readonly caughtBy: string;
  readonly remote?: RemoteOptions;
  /** Whether it prints. */
  readonly prints?: boolean;
  /** Gives what replaces the sound database's methods. */
  readonly betrays?: (
    sound: OAuthDatabase,
    driver: Driver,
    options: DatabaseOptions,
  ) => Replacing<OAuthDatabase>;
}

/** What begins the names of the cases that work while something breaks. */
export const truth =
  'faults: every call settles, its error is true, and nothing acknowledged is lost, › while and after';

/** The same database with other options. */
export const instead =
  (other: DatabaseOptions) =>
  (_: OAuthDatabase, driver: Driver, options: DatabaseOptions): Replacing<OAuthDatabase> =>
    new DriverDatabase(driver, { ...options, ...other });

/** The database of a broken backend. */
export function betrayed({ betrays }: BrokenRemote) {
  return (driver: Driver, options: DatabaseOptions): OAuthDatabase => {
    const sound = new DriverDatabase(driver, options);
    return betrays === undefined ? sound : overlay<OAuthDatabase>(sound, betrays(sound, driver, options));
  };
}
