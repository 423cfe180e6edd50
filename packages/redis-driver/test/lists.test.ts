import { DriverDatabase } from '@oauthdb/core';
import { expect, it, onTestFinished } from 'vitest';
import { companion } from '../src/index.ts';
import { connect, namespace, open } from './server.ts';

const EXPIRED = 10_000;

it(
  `forgets ${EXPIRED} tokens of one user with the first write after their end`,
  { timeout: 60_000 },
  async () => {
    const [redis, prefix] = [connect(), namespace()];
    const db = new DriverDatabase(open(redis), { serverKeyPrefix: prefix, commandTimeout: 30_000 });
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
    for (let i = 0; i < EXPIRED; i += 1000) {
      const some = Array.from({ length: 1000 }, (_, k) => `short ${i + k}`);
      await Promise.all(some.map((jti) => store(jti, new Date(Date.now() + 3_600_000))));
    }
    expect((await sizes()).expiry).toBe(EXPIRED + 1);
    // An hour passes: what the lists know of time is their scores.
    const expiry = companion(`${prefix}user_tokens:u`, 'expiry');
    for (const list of [expiry, `${prefix}client_grants:c`, `${prefix}grant:g`]) {
      const short = (await redis.zrange(list, '0', '-1')).filter((member) => member.includes('short'));
      await redis.zadd(list, ...short.flatMap((member) => [String(Date.now() - 1), member]));
    }

    await store('first');
    expect(await sizes()).toEqual({ user: 2, expiry: 2, client: 2, grant: 2 });
    expect((await redis.smembers(`${prefix}user_tokens:u`)).toSorted()).toEqual(['first', 'long']);
  },
);

it('keeps a list for ever that has a member of somebody else, also where they took one of ours off it', async () => {
  const [redis, prefix] = [connect(), namespace()];
  const db = new DriverDatabase(open(redis), { serverKeyPrefix: prefix, commandTimeout: 30_000 });
  onTestFinished(() => db.close());
  const index = `${prefix}user_tokens:u`;
  const store = (jti: string): Promise<unknown> =>
    db.accessTokens.store({ jti, client_id: 'c', username: 'u' });
  await store('ours');
  expect(await redis.pttl(index)).toBeGreaterThan(0);
  await redis.sadd(index, 'theirs');
  await redis.srem(index, 'ours');
  await store('more of ours');
  expect(await redis.pttl(index)).toBe(-1);
  expect((await redis.smembers(index)).toSorted()).toEqual(['more of ours', 'theirs']);
});
