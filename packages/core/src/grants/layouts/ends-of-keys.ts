import type { Driver, Moment } from '../../driver.ts';
import type { Kind } from '../keys.ts';
import { isoOf } from '../record-input.ts';
import { timeOf } from './epoch-seconds.ts';

/** A record, and the key that may end before or after it says. */
interface Ending {
  readonly kind: Kind;
  readonly key: string;
  readonly record: Record<string, unknown>;
}

/** What lies between two clocks, and between a write and a read. */
const AGREED_MS = 60_000;

/** No later time than this is a `Date`. */
const LAST_MS = 8.64e15;

/**
 * Gives records that do not say when they end the end of their keys, and `null` for what has ended meanwhile: another program writes
 * most of its records so. One round trip, where there are any.
 *
 * A registration lives as long as its key, whatever it says: the service renews the key when it changes one, and leaves what it does
 * not know as it was. What is said counts where both agree, for it is exact.
 *
 * @param keysDecide - whether keys end when their records do, and no later.
 * @param known - how long keys still live, where that has been asked for already.
 */
export async function withEndsOfKeys<T extends Ending>(
  driver: Driver,
  found: readonly (T | null)[],
  at: Moment,
  keysDecide: boolean,
  known?: ReadonlyMap<string, number | null>,
): Promise<(T | null)[]> {
  const unsure = found.filter(
    (one): one is T & Ending =>
      one !== null && (one.record['expires_at'] === undefined || (keysDecide && one.kind === 'client')),
  );
  if (unsure.length === 0) return [...found];
  const keys = unsure.map(({ key }) => key);
  const lives = known === undefined ? await driver.timeLeft(keys, at) : keys.map((key) => known.get(key));
  const left = new Map<T | null, number | null>(unsure.map((one, i) => [one, lives[i] ?? null]));
  return found.map((one) => {
    const life = left.get(one);
    if (one === null || life === undefined) return one;
    if (life === null) return null;
    return { ...one, record: { ...one.record, expires_at: endAfter(life, one.record, at.now) } };
  });
}

function endAfter(life: number, { expires_at: said }: Record<string, unknown>, now: number): string | null {
  if (life === Infinity) return null;
  const at = Math.min(now + life, LAST_MS);
  const own = timeOf(said);
  return isoOf(own !== null && Math.abs(own - at) <= AGREED_MS ? own : Math.floor(at));
}
