import assert from 'node:assert/strict';
import type { OAuthDatabase } from '../../../oauth-database.ts';
import type { Context } from '../../context.ts';
import { stopping } from '../../stopping.ts';

export interface Schedule {
  /** What is stopped before each of its steps. */
  readonly slow: (db: OAuthDatabase) => Promise<unknown>;
  /** What then runs from its beginning to its end, or to a step before which it is stopped as well. */
  readonly rival: (db: OAuthDatabase) => Promise<unknown>;
  /** What must hold when both have ended. */
  readonly holds: (db: OAuthDatabase, slow: unknown, rival: unknown) => Promise<void>;
}

type Prepare = (db: OAuthDatabase) => Promise<Schedule>;

/** More steps than any operation has. */
const MOST = 200;

/** Runs every schedule of `prepare`d operations: the slow one is stopped before its first step, before its second, and so on. */
export async function everySchedule(t: Context, prepare: Prepare, options = {}): Promise<void> {
  const db = await t.issuer(options);
  for (let stop = 0; ; stop++) {
    assert.ok(stop < MOST, 'the operation never ends');
    const { slow, rival, holds } = await prepare(db);
    const { driver, reached, go } = stopping(t.driver, stop);
    const running = slow(t.issuerOver(driver, options));
    const ended = await Promise.race([reached, running.then(() => 'ended')]);
    const answer = await rival(db);
    go();
    await holds(db, await running, answer);
    if (ended === 'ended') return;
  }
}

/** As {@link everySchedule}, and the rival is stopped before each of its steps, until the slow one has gone on to its end. */
export async function everyMeeting(t: Context, prepare: Prepare): Promise<void> {
  const db = await t.issuer();
  let [stop, rivalStop] = [0, 0];
  while (true) {
    assert.ok(stop < MOST && rivalStop < MOST, 'an operation never ends');
    const { slow, rival, holds } = await prepare(db);
    const [first, second] = [stopping(t.driver, stop), stopping(t.driver, rivalStop)];
    const running = slow(t.issuerOver(first.driver));
    const ended = await Promise.race([first.reached, running.then(() => 'ended')]);
    const revoking = rival(t.issuerOver(second.driver));
    const rivalEnded = await Promise.race([second.reached, revoking.then(() => 'ended')]);
    first.go();
    const answer = await running;
    second.go();
    await holds(db, answer, await revoking);
    rivalStop++;
    if (rivalEnded !== 'ended') continue;
    if (ended === 'ended') return;
    [stop, rivalStop] = [stop + 1, 0];
  }
}
