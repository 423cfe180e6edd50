import type {} from '@oauthdb/test-redis/setup';
import type { Moment } from '@oauthdb/core';
import { Redis } from 'ioredis';
import { inject, onTestFinished } from 'vitest';
import { IoredisClient, RedisDriver, type RedisClient } from '../src/index.ts';

let namespaces = 0;

/** A name that no other test of this run uses. */
export function namespace(): string {
  return `d${process.pid}.${namespaces++}.${Math.random().toString(36).slice(2)}:`;
}

/** A connection to the server of the tests, or to another one. */
export function connect(
  at: { host?: string; port?: number; password?: string | undefined } = inject('standalone'),
): Redis {
  const { host = '127.0.0.1', port = 6379, password } = at;
  const redis = new Redis({ host, port, ...(password === undefined ? {} : { password }) });
  onTestFinished(() => redis.disconnect());
  return redis;
}

/** A driver on a connection, or on what is made of it. */
export function open(
  redis: Redis = connect(),
  wrap = (client: RedisClient): RedisClient => client,
): RedisDriver {
  const driver = new RedisDriver(wrap(new IoredisClient(redis, { isOurs: false })));
  onTestFinished(() => driver.close());
  return driver;
}

/** This moment, for a call that may take so many milliseconds. */
export function soon(ms = 5000): Moment {
  return { now: Date.now(), deadline: performance.now() + ms };
}
