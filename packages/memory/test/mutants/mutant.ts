import type { Change, Driver, Moment, Put } from '@oauthdb/core';
import { MemoryDriver, MemoryStore } from '../../src/index.ts';

/** A driver that is broken in one way, and the cases that must notice. */
export interface Mutant {
  /** What is wrong with it. */
  readonly name: string;
  /** A case, as the suite names it: `behaviour › case`. */
  readonly caughtBy: string;
  /** Gives what replaces the sound driver's methods. */
  readonly breaks: (sound: Driver, store: MemoryStore) => Partial<Driver>;
}

/** Opens drivers that are broken alike, on one store. */
export function opens({ breaks }: Mutant): () => Driver {
  const store = new MemoryStore();
  return () => {
    const sound = new MemoryDriver(store);
    // A driver's methods are on its class, where a spread does not see them.
    const whole: Driver = {
      name: sound.name,
      supports: sound.supports,
      read: (keys, at) => sound.read(keys, at),
      timeLeft: (keys, at) => sound.timeLeft(keys, at),
      take: (take, at) => sound.take(take, at),
      commit: (change, at) => sound.commit(change, at),
      list: (where, page, at) => sound.list(where, page, at),
      close: () => sound.close(),
    };
    return { ...whole, ...breaks(whole, store) };
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
