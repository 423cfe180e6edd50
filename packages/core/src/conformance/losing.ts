import type { Driver } from '../driver.ts';
import { OAuthDatabaseError } from '../error.ts';
import { through } from './through.ts';

/** A driver that loses the reply to one of its calls. */
export interface Losing {
  readonly driver: Driver;
  /** Whether it came so far. */
  readonly hasLost: () => boolean;
}

/** A driver that makes its call number `lost`, counted from 0, and says nothing about it but that it may have been made. */
export function losing(driver: Driver, lost: number): Losing {
  let calls = 0;
  return {
    driver: through(driver, async (work) => {
      const reply = calls++ === lost;
      const result = await work();
      if (reply)
        throw new OAuthDatabaseError('OAUTHDB_UNAVAILABLE', 'the reply was lost', { outcome: 'unknown' });
      return result;
    }),
    hasLost: () => calls > lost,
  };
}
