import { randomUUID } from 'node:crypto';
import type { OAuthRecord } from '@oauthdb/atxp';
import { RedisOAuthDb } from '@oauthdb/atxp/redis';
import { expect, inject, it, onTestFinished } from 'vitest';
import {
  all,
  password,
  redisUrl,
  SAVE_TOKEN,
  soon,
  sqliteFile,
  toRedis,
  toSqlite,
  used,
} from './atxp-data.ts';
import { values } from './cli.ts';

it.each([
  ['SQLite', toSqlite],
  ['Redis', toRedis],
])('migrate --from-layout atxp brings every one of ten thousand records to %s', async (_name, to) => {
  const { path, file } = await sqliteFile();
  file.exec(
    'DELETE FROM oauth_access_tokens; DELETE FROM oauth_pkce_values; DELETE FROM oauth_client_credentials',
  );
  const insert = file.prepare(SAVE_TOKEN);
  const users = ['atxp:alice', 'a:b', 'a%3Ab', '', '__proto__', 'ü 🔑\n', '*?[a]\\', 'u://x'];
  const expected = Array.from({ length: 10_000 }, (_, i) => ({
    userId: `${users[i % users.length]}${i % 97}`,
    url: `https://h:${i % 7}/a%3A:${i}`,
    access: `access ${i}`,
    refresh: i % 3 === 0 ? `refresh ${i}` : null,
    // In seconds, in milliseconds, never, and gone by and to be refreshed.
    expiresAt: [soon, `${soon}123`, null, i % 3 === 0 ? String(Number(soon) - 7200) : soon][i % 4] ?? null,
  }));
  file.transaction(() => {
    for (const one of expected) insert.run(one.userId, one.url, 'x', one.access, one.refresh, one.expiresAt);
  })();
  const target = await to();
  const args = ['migrate', '--from', `sqlite:${path}`, '--from-layout', 'atxp', ...target.flags];
  const [migrated] = await values(args, { ...target.run, env: password() });
  expect(migrated).toMatchObject({ expired: 0, refused: 0, compared: { different: 0, missing: 0 } });
  const db = await used(target);
  const found = await byHundreds(expected, ({ userId, url }) => db.getAccessToken(userId, url));
  const wanted = expected.map(({ access, refresh, expiresAt }) => ({
    accessToken: access,
    ...(refresh === null ? {} : { refreshToken: refresh }),
    ...(expiresAt === null ? {} : { expiresAt: Number(expiresAt) }),
    resourceUrl: 'x',
  }));
  expect(found).toEqual(wanted);
  expect(await all(db)).toHaveLength(expected.length);
});

it('migrate --from-layout atxp brings every one of ten thousand records of the RedisOAuthDb of @oauthdb/atxp', async () => {
  const keyPrefix = `atxp-${randomUUID()}:`;
  const old = new RedisOAuthDb({ redis: inject('standalone').url, keyPrefix });
  onTestFinished(() => old.close());
  const users = ['atxp:alice', 'a:b', 'a%3Ab', '', 'u://x'];
  const value = { resourceUrl: 'x', expiresAt: Number(soon) };
  const records = Array.from({ length: 10_000 }, (_, i): OAuthRecord => {
    const userId = `${users[i % users.length]}${i % 97}`;
    const token = { ...value, accessToken: `${i}`, ...(i % 2 === 0 ? {} : { refreshToken: `r${i}` }) };
    if (i % 5 > 1) return { kind: 'access_token', userId, url: `https://h/${i}`, value: token };
    const pkce = { codeVerifier: `${i}`, codeChallenge: 'c', resourceUrl: 'x', url: 'y' };
    if (i % 5 === 1) return { kind: 'pkce', userId, state: `s:${i}`, value: pkce };
    const credentials = { clientId: `${i}`, clientSecret: '', redirectUri: 'y' };
    return { kind: 'client_credentials', serverUrl: `https://as:${i}`, value: credentials };
  });
  await byHundreds(records, (record) => old.saveRecord(record));
  const target = await toSqlite();
  const args = ['migrate', '--from', redisUrl(), '--from-layout', 'atxp', '--from-key-prefix', keyPrefix];
  const [migrated] = await values([...args, ...target.flags], { ...target.run, env: password() });
  // Of those with a refresh token, that is kept, too.
  const kept = records.filter(({ value: one }) => 'refreshToken' in one).length;
  expect(migrated).toMatchObject({
    stored: records.length + kept,
    compared: { same: records.length + kept, different: 0, missing: 0 },
  });
  const found = new Set((await all(await used(target))).map((record) => canonical(record)));
  expect(found).toEqual(new Set(records.map((record) => canonical(record))));
});

/** So many at a time that a busy machine answers in time. */
async function byHundreds<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let i = 0; i < items.length; i += 100) {
    results.push(...(await Promise.all(items.slice(i, i + 100).map(work))));
  }
  return results;
}

/** A record as a text, whatever the order of its members. */
function canonical({ value, ...name }: OAuthRecord): string {
  return JSON.stringify([sortedEntries(name), sortedEntries(value)]);
}

function sortedEntries(of: object): unknown[] {
  return Object.entries(of).toSorted(([one], [other]) => (one < other ? -1 : 1));
}
