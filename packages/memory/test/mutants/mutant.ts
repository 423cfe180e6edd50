import { DriverDatabase, type DatabaseOptions, type Driver, type OAuthDatabase } from '@oauthdb/core';
import type { Change, Moment, Put } from '@oauthdb/core';
import type { Backend } from '@oauthdb/core/conformance';
import { MemoryDriver, MemoryStore } from '../../src/index.ts';
import { overlay, type Replacing } from './overlay.ts';

interface Named {
  /** What is wrong with it. */
  readonly name: string;
  /** The case that must notice, as the suite names it: `behaviour › case`. */
  readonly caughtBy: string;
  /** The layout in which it is tried. */
  readonly layout?: Backend['layout'];
}

/** A driver that is broken in one way. */
export interface BrokenDriver extends Named {
  /** Gives what replaces the sound driver's methods. */
  readonly breaks: Breaks;
}

/** A database that is broken in one way, over a driver that is not. */
export interface BrokenDatabase extends Named {
  /** Gives what replaces the sound database's methods, and those of its `clients`, `codes` and so on. */
  readonly betrays: (sound: OAuthDatabase, over: Over) => Replacing<OAuthDatabase>;
}

export type Mutant = BrokenDriver | BrokenDatabase;

type Breaks = (sound: Driver, store: MemoryStore) => Partial<Driver>;

/** Another database on the same driver, or on one that is broken: to take some of its methods from. */
export type Over = (breaks: (sound: Driver) => Partial<Driver>, options?: DatabaseOptions) => OAuthDatabase;

/** A backend on a store of its own, broken as a mutant says. */
export function backendOf(mutant: Mutant): Backend {
  const store = new MemoryStore();
  const open = (): Driver => new MemoryDriver(store);
  const layout = mutant.layout === undefined ? {} : { layout: mutant.layout };
  if ('breaks' in mutant) {
    const { breaks } = mutant;
    return {
      ...layout,
      open: () => {
        const sound = open();
        return overlay(sound, breaks(sound, store));
      },
    };
  }
  return {
    ...layout,
    open,
    database: (driver, options) => {
      const over: Over = (breaks, more) =>
        new DriverDatabase(overlay(driver, breaks(driver)), { ...options, ...more });
      const sound: OAuthDatabase = new DriverDatabase(driver, options);
      return overlay(sound, mutant.betrays(sound, over));
    },
  };
}

/** Lets every other contender go on, as a round trip to a server would. */
export const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A commit that sees every put changed. */
export function commitWith(
  sound: Driver,
  alter: (put: Put, at: Moment) => Put | Promise<Put>,
): Driver['commit'] {
  return async (change: Change, at: Moment) => {
    const puts = await Promise.all((change.puts ?? []).map(async (put) => alter(put, at)));
    return sound.commit({ ...change, puts }, at);
  };
}
