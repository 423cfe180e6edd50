import { hash } from 'node:crypto';
import type {} from '@oauthdb/test-redis/setup';
import { expect, it, onTestFinished } from 'vitest';
import { connectRedisSource, migrate, type MigrationProgress } from '../../../src/index.ts';
import { application, idIn, sessionOf, storeOn } from './express.ts';
import { byHundreds, database, exported, GLOBS, place } from './redis.ts';

const hour = 3_600_000;

const members = [
  { username: 'octocat', views: 1, cart: [{ a: null }], flash: {} },
  { passport: { user: 'hubot' }, oauth: { token: 'secret', created_at: 5 } },
  { passport: { user: { id: 7 } } },
  { username: 7, returnTo: '/a?b' },
  { 'ü 🔑\n': '\0', __proto: 1, successor: 'x', grace: 1, created_at: '2026-01-01T00:00:00.000Z' },
  {},
] as const;
const usernames = ['octocat', 'hubot', undefined, 7, undefined, undefined];

it('brings every one of ten thousand sessions of connect-redis, as express-session gave them to it', async () => {
  const [from, to] = [await place(), await place()];
  const store = await storeOn(from.url, { prefix: GLOBS });
  const ids = Array.from({ length: 10_000 }, (_, i) => `${['', '*', 'sess:', '{x}', 'é-'][i % 5]}id-${i}`);
  const indexed = ids.map((id, i) => ({ id, i }));
  // A third ends with the browser: Redis keeps it for a day.
  await byHundreds(indexed, ({ id, i }) =>
    store.set(
      id,
      sessionOf(members[i % members.length] ?? {}, i % 3 === 0 ? {} : { maxAge: hour + i * 1000 }),
    ),
  );
  const before = await from.state();
  const ends = await byHundreds(ids, (id) => from.redis.pexpiretime(`${GLOBS}${id}`));
  const kept = await byHundreds(ids, (id) => store.get(id) as Promise<object>);
  await from.writes();
  const source = connectRedisSource(from.url, { prefix: GLOBS });
  onTestFinished(() => source.close());
  const db = await database(to.url);
  await to.writes();
  const dry = await db.import(source.export(), { dryRun: true });
  expect([dry.stored, await to.writes(), await to.redis.dbsize()]).toEqual([ids.length, [], 0]);
  const same = { same: ids.length, different: 0, missing: 0, ended: 0 };
  const first = await migrate({ from: source, to: db });
  expect(first).toMatchObject({ stored: ids.length, compared: same, leftOut: [] });
  const again = await migrate({ from: source, to: db, mode: 'replace' });
  expect(again).toMatchObject({ stored: 0, replaced: 0, kept: ids.length, compared: same });
  expect(await from.writes()).toEqual([]);
  expect(await from.state()).toBe(before);
  const found = await byHundreds(ids, (id) => db.sessions.get(id));
  const wanted = kept.map((session, i) => {
    const username = usernames[i % usernames.length];
    return {
      ...session,
      ...(username === undefined ? {} : { username }),
      handle: hash('sha256', ids[i] as string, 'base64url'),
      expires_at: expect.any(String),
    };
  });
  expect(found).toEqual(wanted);
  // It is asked for how long Redis keeps them, which none outlives.
  const lives = found.map((session, i) => (ends[i] as number) - Date.parse(session?.expires_at ?? ''));
  expect(Math.min(...lives)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...lives)).toBeLessThan(2000);
  expect((await to.redis.keys('*')).filter((key) => /:session:.*id-\d+$/.test(key))).toEqual([]);
});

it('finds the session of a cookie that express-session has sent, and its user', async () => {
  const from = await place();
  const app = await application(await storeOn(from.url), { maxAge: hour });
  const cookie = await app.ask('', { username: 'octocat', csrf: 'token' });
  const forEver = await application(await storeOn(from.url, { disableTTL: true }), { maxAge: hour });
  const other = await forEver.ask('', { user: { login: 'hubot' } });
  const to = await database();
  await using source = connectRedisSource(from.url, {
    username: ({ username, user }) => username ?? (user as { login: string }).login,
  });
  expect(await migrate({ from: source, to })).toMatchObject({ stored: 2, leftOut: [] });
  expect(await to.sessions.get(idIn(cookie))).toMatchObject({
    username: 'octocat',
    csrf: 'token',
    cookie: { originalMaxAge: hour, httpOnly: true, path: '/' },
  });
  expect(await to.sessions.get(idIn(other))).toMatchObject({ username: 'hubot' });
  const endless = (await exported(to, 'session')).filter(({ expires_at }) => expires_at === null);
  expect(endless.map(({ record }) => record['username'])).toEqual(['hubot']);
  expect((await to.revoke({ username: 'octocat' })).sessions).toBe(1);
  expect(await to.sessions.get(idIn(cookie))).toBeNull();
});

it('follows what express-session stores, prolongs and ends', async () => {
  const from = await place();
  const store = await storeOn(from.url);
  const app = await application(store, { maxAge: hour });
  const [stays, changes, ends] = [
    await app.ask('', { n: 1 }),
    await app.ask('', { n: 2 }),
    await app.ask('', { n: 3 }),
  ];
  const to = await database();
  await using source = connectRedisSource(from.url);
  const stop = new AbortController();
  let added = '';
  const steps = [
    () => app.ask(changes, { n: 22 }),
    () => store.touch(idIn(stays), sessionOf({}, { maxAge: 9 * hour })),
    () => app.ask(ends, 'end'),
    async () => (added = await app.ask('', { n: 4 })),
  ];
  let done = Promise.resolve();
  const onProgress = ({ phase }: MigrationProgress): void => {
    if (phase !== 'follow') return;
    const step = steps.shift();
    done = done.then(async () => (step === undefined ? stop.abort() : void (await step())));
  };
  const followed = await migrate({
    from: source,
    to,
    follow: true,
    pauseMs: 1,
    signal: stop.signal,
    onProgress,
  });
  expect(followed.compared).toEqual({ same: 3, different: 0, missing: 0, ended: 0 });
  expect(await to.sessions.get(idIn(changes))).toMatchObject({ n: 22 });
  expect(await to.sessions.get(idIn(added))).toMatchObject({ n: 4 });
  expect(await to.sessions.get(idIn(ends))).toBeNull();
  const session = await to.sessions.get(idIn(stays));
  expect(Date.parse(session?.expires_at ?? '')).toBeGreaterThan(Date.now() + 8 * hour);
});

it('reads by the serializer that the store was given', async () => {
  const from = await place();
  const serializer = {
    stringify: (session: unknown) => Buffer.from(JSON.stringify(session)).toString('base64'),
    parse: (text: string) => JSON.parse(Buffer.from(text, 'base64').toString()),
  };
  const store = await storeOn(from.url, { serializer });
  await store.set('id', sessionOf({ username: 'octocat' }));
  const to = await database();
  await using source = connectRedisSource(from.url, { serializer });
  expect(await migrate({ from: source, to })).toMatchObject({ stored: 1, leftOut: [] });
  expect(await to.sessions.get('id')).toMatchObject({ username: 'octocat' });
});

it('counts what is no session, and the members that a database says itself', async () => {
  const from = await place();
  const store = await storeOn(from.url);
  const end = new Date(0).toISOString();
  await store.set('own', sessionOf({ expires_at: end, handle: 'mine', more: 1 }, { maxAge: hour }));
  await from.redis.set('sess:text', 'canary');
  await from.redis.set('sess:another', '{"user":"canary"}');
  await from.redis.hset('sess:hash', { user: 'canary' });
  await from.redis.set(`sess:${'x'.repeat(8193)}`, JSON.stringify(sessionOf({})));
  const to = await database();
  await using source = connectRedisSource(from.url);
  const { leftOut, ...done } = await migrate({ from: source, to });
  expect(done).toMatchObject({ stored: 1, expired: 0, compared: { same: 1 } });
  expect(leftOut).toHaveLength(6);
  expect(leftOut).toEqual(
    expect.arrayContaining([
      { what: 'session', why: 'not_json', count: 1 },
      { what: 'session', why: 'not_a_record', count: 1 },
      { what: 'session', why: 'other_type', count: 1 },
      { what: 'session', why: 'not_storable', count: 1 },
      { what: 'session.expires_at', why: 'no_place', count: 1 },
      { what: 'session.handle', why: 'no_place', count: 1 },
    ]),
  );
  const session = await to.sessions.get('own');
  expect(session).toMatchObject({ more: 1, handle: hash('sha256', 'own', 'base64url') });
  expect(Date.parse(session?.expires_at ?? '')).toBeGreaterThan(Date.now());
});
