import type { Driver } from '../driver.ts';

/** How a call of a driver is made. */
export type Pass = <T>(work: () => Promise<T>) => Promise<T>;

/** A driver whose calls are made as `pass` makes them. */
export function through(driver: Driver, pass: Pass): Driver {
  return {
    name: driver.name,
    supports: driver.supports,
    guarantees: driver.guarantees,
    read: (keys, at) => pass(() => driver.read(keys, at)),
    timeLeft: (keys, at) => pass(() => driver.timeLeft(keys, at)),
    take: (take, at) => pass(() => driver.take(take, at)),
    commit: (change, at) => pass(() => driver.commit(change, at)),
    list: (where, page, at) => pass(() => driver.list(where, page, at)),
    close: () => driver.close(),
  };
}
