import assert from 'node:assert/strict';
import { isOAuthDatabaseError, OAuthDatabaseError } from '../../error.ts';
import type { OAuthDatabase } from '../../oauth-database.ts';
import type { DatabaseOptions } from '../../options.ts';
import type { Context } from '../context.ts';
import { stopping } from '../stopping.ts';
import { through } from '../through.ts';

/** More calls than a replacement makes. */
const MOST = 20;

/** What is there at first, and what is to be there then. */
export type Change = readonly [expected: string | null, token: string | null];
async function set(db: OAuthDatabase, token: string | null): Promise<void> {
  await (token === null ? db.deleteToken('k') : db.storeToken('k', token));
}

/** Makes a change without the reply to its first call, to its second, and so on; `meanwhile` comes before it is repeated. */
export async function everyLoss(
  t: Context,
  [expected, token]: Change,
  meanwhile: (db: OAuthDatabase) => Promise<void>,
  holds: (answer: boolean | 'unknown', now: string | null, lost: string) => void,
  options: DatabaseOptions = {},
): Promise<void> {
  const db = await t.database(options);
  for (let lost = 0; ; lost++) {
    assert.ok(lost < MOST, 'the operation never ends');
    await set(db, expected);
    const names: string[] = [];
    const watched = new Proxy(t.driver, {
      get: (sound, name) => {
        const member: unknown = Reflect.get(sound, name);
        if (typeof member !== 'function') return member;
        return (...args: unknown[]) => {
          names.push(String(name));
          return member.apply(sound, args) as unknown;
        };
      },
    });
    const losing = through(watched, async (work) => {
      const result = await work();
      if (names.length !== lost + 1) return result;
      await meanwhile(db);
      names.push('(repeated)');
      throw new OAuthDatabaseError('OAUTHDB_UNAVAILABLE', 'the reply was lost', { outcome: 'unknown' });
    });
    const replacing = t
      .issuerOver(losing, { ...options, retryDelayOnFailover: 0 })
      .replaceToken('k', expected, token);
    const answer = await replacing.catch((error: unknown) => {
      assert.ok(isOAuthDatabaseError(error));
      return error.outcome === 'unknown' ? error.outcome : assert.fail(error.message);
    });
    if (!names.includes('(repeated)')) return;
    holds(answer, await db.getToken('k'), names[lost] ?? '');
  }
}

/** Makes a change while `rival` runs from its beginning to its end before its first call, before its second, and so on. */
export async function everySchedule<T>(
  t: Context,
  [expected, token]: Change,
  rival: (db: OAuthDatabase) => Promise<T>,
  holds: (answer: boolean, rivals: T, now: string | null) => void,
  options: DatabaseOptions = {},
): Promise<void> {
  const db = await t.database(options);
  for (let stop = 0; ; stop++) {
    assert.ok(stop < MOST, 'the operation never ends');
    await set(db, expected);
    const { driver, reached, go } = stopping(t.driver, stop);
    const replacing = t.issuerOver(driver, options).replaceToken('k', expected, token);
    const ended = await Promise.race([reached, replacing.then(() => 'ended')]);
    if (ended === 'ended') return;
    const rivals = await rival(db);
    go();
    holds(await replacing, rivals, await db.getToken('k'));
  }
}
