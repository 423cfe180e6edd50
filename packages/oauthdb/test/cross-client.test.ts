import * as ioredis from '@oauthdb/ioredis';
import * as nodeRedis from '@oauthdb/node-redis';
import type {} from '@oauthdb/test-redis/setup';
import { Redis } from 'ioredis';
import { describe, expect, inject, it, onTestFinished } from 'vitest';

const { url } = inject('standalone');
const hour = 3_600_000;
const ODD = ['user_123', 'a b', '{x}', '}{', '{', '*', 'é', '💥', '\0', '\r\n', '__proto__', 'x'.repeat(500)];

function connect(): Redis {
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  return redis;
}

describe.each([
  ['ioredis', 'node-redis', ioredis.RedisOAuthDatabase, nodeRedis.RedisOAuthDatabase],
  ['node-redis', 'ioredis', nodeRedis.RedisOAuthDatabase, ioredis.RedisOAuthDatabase],
] as const)('what %s writes', (_, reader, Writer, Reader) => {
  it(`is what ${reader} reads, byte for byte`, async () => {
    const keyPrefix = `x${process.pid}.${Math.random()}:`;
    const [writer, other, redis] = [
      new Writer({ url, keyPrefix }),
      new Reader({ url, keyPrefix }),
      connect(),
    ];
    onTestFinished(async () => void (await Promise.all([writer.close(), other.close()])));
    const expiresAt = new Date(Date.now() + hour);
    for (const [i, key] of ODD.entries()) {
      const token = `token of ${key} \u0000\u{1f600}`;
      await writer.storeToken(key, token, i % 2 === 0 ? expiresAt : undefined);
      expect(await other.getToken(key)).toBe(token);
      expect(await redis.getBuffer(keyPrefix + key)).toEqual(Buffer.from(token));
      const left = await redis.pttl(keyPrefix + key);
      if (i % 2 === 0) expect(Math.abs(left - hour)).toBeLessThan(1000);
      else expect(left).toBe(-1);
      expect((await other.getTokenExpiry(key))?.expiresAt === null).toBe(left === -1);
    }
    expect((await other.listTokens()).toSorted()).toEqual(ODD.toSorted());
    expect(await other.deleteTokens(ODD)).toBe(ODD.length);
    expect(await redis.keys(`*${keyPrefix}*`)).toEqual([]);
  });
});

describe('what one client took', () => {
  it('is used for the other, and its own attempt may be repeated by the other', async () => {
    const key = `x${process.pid}.${Math.random()}:{code}}`;
    const [one, other] = [ioredis.ioredisDriver({ url }), nodeRedis.nodeRedisDriver({ url })];
    onTestFinished(async () => void (await Promise.all([one.close(), other.close()])));
    const at = { now: Date.now(), deadline: performance.now() + 5000 };
    await one.commit({ puts: [{ key, value: 'v', expiresAt: null }] }, at);
    const take = { key, attempt: 'a', rememberMs: 1000 };
    expect(await one.take(take, at)).toEqual({ status: 'taken', value: 'v' });
    expect(await other.take(take, at)).toEqual({ status: 'taken', value: 'v' });
    expect(await other.take({ ...take, attempt: 'b' }, at)).toEqual({ status: 'used', value: 'v' });
  });
});
