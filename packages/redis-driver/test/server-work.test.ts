import { randomUUID } from 'node:crypto';
import { DriverDatabase } from '@oauthdb/core';
import { startPrivateServer, type PrivateServer } from '@oauthdb/test-redis/server';
import { describe, expect, it, onTestFinished } from 'vitest';
import { connect, open } from './server.ts';

/** So many calls at once fit into one that is joined of them. */
const CALLS = 8;

/** A user to whom something is issued again and again, and what the server has to do for it. */
async function start(): Promise<{
  db: DriverDatabase;
  work: (calls: () => Promise<unknown>) => Promise<Work>;
}> {
  const server = await startPrivateServer();
  onTestFinished(() => server.stop());
  const db = new DriverDatabase(open(connect(server)));
  onTestFinished(() => db.close());
  await db.clients.register({ client_id: 'c' });
  for (let i = 0; i < 3; i++) await db.issue(tokens());
  return { db, work: (calls) => workOf(server, calls) };
}

function tokens() {
  const refreshToken = { token: randomUUID() };
  return { client_id: 'c', username: 'u', accessToken: { jti: randomUUID() }, refreshToken };
}

interface Work {
  readonly all: number;
  readonly [command: string]: number;
}

/** How often each command was carried out, those included that a script calls; and all of them but the scripts. */
async function workOf(server: PrivateServer, calls: () => Promise<unknown>): Promise<Work> {
  await server.send('CONFIG', 'RESETSTAT');
  await calls();
  const work: Record<string, number> = {};
  let all = 0;
  for (const [, name = '', times] of String(await server.send('INFO', 'commandstats')).matchAll(
    /cmdstat_(\S+):calls=(\d+)/g,
  )) {
    if (name === 'config|resetstat') continue;
    work[name] = Number(times);
    if (name !== 'evalsha') all += Number(times);
  }
  return { ...work, all };
}

describe('the server carries out', () => {
  it('20 commands at the most for issue, which stores two tokens and puts them on their lists', async () => {
    const { db, work } = await start();
    expect((await work(() => db.issue(tokens()))).all).toBeLessThanOrEqual(20);
  });

  it('25 for issue with a code', async () => {
    const { db, work } = await start();
    const { grant_id } = await db.codes.store('code', { client_id: 'c', username: 'u' });
    const issue = async (): Promise<void> => {
      expect(await db.issue({ ...tokens(), code: 'code', grant_id })).toMatchObject({ status: 'issued' });
    };
    expect((await work(issue)).all).toBeLessThanOrEqual(25);
  });

  it('23 for rotate, which reads one token and stores three', async () => {
    const { db, work } = await start();
    await db.refreshTokens.store({ token: 'token', client_id: 'c', username: 'u' });
    const next = { refreshToken: { token: 'next' }, accessToken: { jti: 'jti' } };
    const rotate = async (): Promise<void> => {
      expect(await db.refreshTokens.rotate('token', () => next)).toMatchObject({ status: 'rotated' });
    };
    expect((await work(rotate)).all).toBeLessThanOrEqual(23);
  });

  it('one that deletes for tokens that are deleted together, however many', async () => {
    const { db, work } = await start();
    const keys = Array.from({ length: 100 }, (_, i) => `k${i}`);
    await db.storeTokens(keys.map((key) => ({ key, token: 'v' })));
    const done = await work(async () => expect(await db.deleteTokens([...keys, 'none'])).toBe(100));
    expect(done).toMatchObject({ del: 1, all: 2 });
  });

  it('fewer for each of several that are issued at once, whose changes are joined, and whose clients are looked at together', async () => {
    const { db, work } = await start();
    const done = await work(() => Promise.all(Array.from({ length: CALLS }, () => db.issue(tokens()))));
    expect(done['set']).toBe(2 * CALLS);
    expect(done.all).toBeLessThanOrEqual(15 * CALLS + 3);
    // The first call finds nothing under way, and goes alone; the others are one, and so are the looks at how long the clients live.
    expect(done['evalsha']).toBe(3);
  });
});
