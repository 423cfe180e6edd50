import { isOAuthDatabaseError, OAuthDatabaseError } from '../error.ts';
import { isoOf } from './record-input.ts';
import type { Client } from './records.ts';
import { endOf } from './record-life.ts';
import type { Found } from './record-reader.ts';
import { contended, TRIES, type RecordStore } from './record-store.ts';

/** What a registration becomes, and when it ends. */
interface Changed {
  readonly record: object;
  readonly expiresAt: number | null;
}

/**
 * Writes what `next` makes of a registration if nobody has changed it meanwhile, and else asks again; `null` when it is gone.
 *
 * @param known - the registration, where it has just been read.
 */
export async function changeClient(
  records: RecordStore,
  operation: string,
  id: string,
  next: (current: Client) => Changed | Promise<Changed>,
  known?: Found,
): Promise<Client | null> {
  for (let tries = 0; tries < TRIES; tries++) {
    const found = tries === 0 && known !== undefined ? known : await records.readOne(operation, 'client', id);
    if (found === null) return null;
    const { record, expiresAt } = await next(found.record as unknown as Client);
    const stored = { ...record, expires_at: isoOf(expiresAt) };
    const put = records.put('client', id, stored, expiresAt);
    const checks = [{ key: found.key, version: found.version }];
    // Not repeated when its outcome is unknown: `next` would then be applied to its own result.
    const { committed } = await records.commit(operation, 'single', () => ({ checks, puts: [put] }));
    if (committed) return stored as unknown as Client;
  }
  throw contended(operation);
}

/**
 * Has a registration live as long as what is issued to its client beside it, and its own lifetime longer, so that this is rarely
 * needed. One look at how long it lives, beside the commit that issues.
 *
 * It is done when both are: whoever learns that the one failed must not learn it while the other is on its way, and a registration
 * that could not be prolonged does not mean that nothing was issued.
 */
export async function keepingClientAlive<T>(
  records: RecordStore,
  operation: string,
  clientId: string,
  until: number | null,
  issuing: Promise<T>,
): Promise<T> {
  const [issued, kept] = await Promise.allSettled([issuing, keepAlive(records, clientId, until)]);
  if (issued.status === 'rejected') throw issued.reason;
  if (kept.status === 'fulfilled') return issued.value;
  const failure: unknown = kept.reason;
  if (!isOAuthDatabaseError(failure)) throw failure;
  const message = 'its client could not be kept registered';
  throw new OAuthDatabaseError(failure.code, message, { operation, outcome: 'unknown', cause: failure });
}

async function keepAlive(records: RecordStore, clientId: string, until: number | null): Promise<void> {
  if (records.lapsingClients || (await livesUntil(records, clientId, until))) return;
  const found = await records.readOne('clients.keepAlive', 'client', clientId);
  if (found === null) return;
  const end = endOf(found.record);
  if (end === null || (until !== null && end >= until)) return;
  const life = records.lifetimes.client;
  const expiresAt = until === null || life === null ? null : until + life;
  const longer = (current: Client): Changed => ({ record: current, expiresAt });
  await changeClient(records, 'clients.keepAlive', clientId, longer, found);
}

/** Whether the backend is sure to keep a registration until then, or has none. By a clock that was passed in it cannot tell. */
async function livesUntil(records: RecordStore, clientId: string, until: number | null): Promise<boolean> {
  if (!records.backendExpires) return false;
  const key = records.keys.of('client', clientId);
  return records.calls.run('clients.keepAlive', 'read', async (at) => {
    // Behind the changes of all calls that came together, so that these are neighbours, and such looks are: a driver may join them.
    await Promise.resolve();
    const [left = null] = await records.driver.timeLeft([key], at);
    return left === null || left >= (until ?? Infinity) - at.now;
  });
}
