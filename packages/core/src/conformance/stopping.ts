import type { Driver } from '../driver.ts';
import { OAuthDatabaseError } from '../error.ts';
import { through } from './through.ts';

/** A driver that stops before one of its calls. */
export interface Stopping {
  readonly driver: Driver;
  /** Settles when it has stopped. */
  readonly reached: Promise<'stopped'>;
  /** Lets it go on. */
  readonly go: () => void;
  /** Ends it where it stands: this call and all later ones do nothing, as if the process were gone. */
  readonly crash: () => void;
}

/** A driver that stops before its call number `stop`, counted from 0, and with it every later one. */
export function stopping(driver: Driver, stop: number): Stopping {
  const reached = Promise.withResolvers<'stopped'>();
  const gate = Promise.withResolvers<void>();
  // Whoever crashes when nobody has stopped rejects it for nobody.
  gate.promise.catch(() => {});
  let calls = 0;
  return {
    driver: through(driver, async (work) => {
      if (calls++ === stop) reached.resolve('stopped');
      if (calls > stop) await gate.promise;
      return work();
    }),
    reached: reached.promise,
    go: () => gate.resolve(),
    crash: () =>
      gate.reject(new OAuthDatabaseError('OAUTHDB_CONFIG', 'crashed', { outcome: 'not_executed' })),
  };
}
