import { setTimeout as sleep } from 'node:timers/promises';
import { isOAuthDatabaseError } from '../../../error.ts';
import type { OAuthDatabase } from '../../../oauth-database.ts';
import { monotonicNow } from '../../../timing.ts';
import { Canaries } from '../canaries.ts';
import { faultOf, settled, SLACK_MS } from '../settled.ts';
import { Codes } from './codes.ts';
import { Grants } from './grants.ts';
import { Held } from './held.ts';
import { emptyTally, type Tally } from './tally.ts';
import type { Answer, Did, Work } from './work.ts';

export interface TrialOptions {
  /** Two or more databases on one store, by the way that the fault is in. */
  readonly databases: readonly OAuthDatabase[];
  /** A database that sees what is in the store once the fault is over. */
  readonly beside: OAuthDatabase;
  /** That of `databases`, in milliseconds. */
  readonly commandTimeout: number;
  /** The fault: begins it, lets it last, ends it. */
  readonly fault: () => Promise<void>;
  /** Makes what must not show, and knows what else must not. Default: what the trial makes shows in no error. */
  readonly canaries?: Canaries;
  /** How many do each kind of work at once. Default 3. */
  readonly workers?: number;
  /** How long a worker rests after each round, in milliseconds. Default 1. */
  readonly restMs?: number;
  /** How long calls may go on to fail after the fault, in milliseconds. Default 15000. */
  readonly recoveryMs?: number;
}

/** Works on a store while it is broken, and before and after; then looks at what is there, and counts the broken promises. */
export async function trial(options: TrialOptions): Promise<Tally> {
  const { databases, beside, commandTimeout, fault, workers = 3, restMs = 1, recoveryMs = 15_000 } = options;
  const { canaries = new Canaries() } = options;
  const tally = emptyTally();
  const call = async <T>(work: () => Promise<T>, steps = 1): Promise<Answer<T>> => {
    tally.calls++;
    const how = await settled(work, commandTimeout * steps + SLACK_MS);
    tally.slowestMs = Math.max(tally.slowestMs, how.ms);
    if (how.status === 'pending') return (tally.pending++, { did: 'unknown' });
    tally.settled++;
    if (how.status === 'fulfilled') return { did: 'done', value: how.value };
    const wrong = faultOf(how.error, canaries);
    if (wrong !== null) tally.malformed.push(wrong);
    return { did: countFailure(tally, how.error) };
  };
  const secret = (kind: string): string => canaries.secret(kind);

  const kinds = [new Held(), new Codes(), new Grants()];
  const over = new AbortController();
  const crew = kinds.flatMap((kind) =>
    Array.from({ length: workers }, async (_, i) => {
      const [db, other] = [databases[i % databases.length], databases[(i + 1) % databases.length]];
      const work = { db, other, tally, call, secret } as Work;
      while (!over.signal.aborted) {
        await kind.round(work);
        await sleep(restMs);
      }
    }),
  );
  // Whatever comes of the fault, nobody may go on working.
  const faulted = await settled(fault, 2 ** 30);
  const ended = monotonicNow();
  for (const db of databases) await recovered(db, recoveryMs);
  tally.recoveryMs = monotonicNow() - ended;
  over.abort();
  await Promise.all(crew);
  if (faulted.status === 'rejected') throw faulted.error;
  for (const kind of kinds) await kind.verify(beside, tally);
  return tally;
}

/** Waits until a call succeeds; a backend that stays away fails the calls that follow. */
async function recovered(db: OAuthDatabase, ms: number): Promise<void> {
  const end = monotonicNow() + ms;
  while (monotonicNow() < end) {
    if ((await settled(() => db.storeToken('recovered', 'yes'), ms)).status === 'fulfilled') return;
    await sleep(5);
  }
}

function countFailure({ failures }: Tally, error: unknown): Did {
  const outcome = isOAuthDatabaseError(error) ? error.outcome : 'unknown';
  const name = isOAuthDatabaseError(error) ? `${error.code} ${outcome}` : 'another error';
  failures.set(name, (failures.get(name) ?? 0) + 1);
  return outcome;
}
