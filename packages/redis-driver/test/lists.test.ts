import { setTimeout as sleep } from 'node:timers/promises';
import { DriverDatabase } from '@oauthdb/core';
import { expect, it, onTestFinished } from 'vitest';
import { companion } from '../src/index.ts';
import { connect, namespace, open } from './server.ts';

const EXPIRED = 10_000;

/** What one write takes off a list that other programs share; of the others it takes all. */
const CLEARED = 1000;

it(`forgets ${EXPIRED} tokens of one user with the writes after their end`, { timeout: 60_000 }, async () => {
  const [redis, prefix] = [connect(), namespace()];
  const db = new DriverDatabase(open(redis), { serverKeyPrefix: prefix });
  onTestFinished(() => db.close());
  const store = (jti: string, expires_at?: Date): Promise<unknown> =>
    db.accessTokens.store({ jti, client_id: 'c', username: 'u', grant_id: 'g', expires_at });
  const sizes = async (): Promise<{ user: number; expiry: number; client: number; grant: number }> => ({
    user: await redis.scard(`${prefix}user_tokens:u`),
    expiry: await redis.zcard(companion(`${prefix}user_tokens:u`, 'expiry')),
    client: await redis.zcard(`${prefix}client_grants:c`),
    grant: await redis.zcard(`${prefix}grant:g`),
  });
  await store('long');
  const end = Date.now() + 4000;
  for (let i = 0; i < EXPIRED; i += 1000) {
    const some = Array.from({ length: 1000 }, (_, k) => `short ${i + k}`);
    await Promise.all(some.map((jti) => store(jti, new Date(end))));
  }
  await sleep(end + 50 - Date.now());

  await store('first');
  expect(await sizes()).toMatchObject({ client: 2, grant: 2 });
  for (let i = 0; i < EXPIRED / CLEARED; i++) await store('second');
  expect(await sizes()).toEqual({ user: 3, expiry: 3, client: 3, grant: 3 });
  expect((await redis.smembers(`${prefix}user_tokens:u`)).toSorted()).toEqual(['first', 'long', 'second']);
});
