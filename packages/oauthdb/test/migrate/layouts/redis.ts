import { createHash, randomUUID } from 'node:crypto';
import type { Exported, ExportedKind } from '@oauthdb/core';
import { startPrivateServer, type PrivateServer } from '@oauthdb/test-redis/server';
import { Redis } from 'ioredis';
import { onTestFinished, vi } from 'vitest';
import { open, type OAuthDatabase } from '../../../src/index.ts';

// Ten thousand entries are read and written several times, and the machine may be busy.
vi.setConfig({ testTimeout: 120_000 });

/** What every prefix of these tests holds: all that means something in a pattern of Redis. */
export const GLOBS = 'a*?[b]^\\c';

/** A Redis of one test's own. */
export interface Place {
  readonly url: string;
  readonly redis: Redis;
  /** Everything that it holds, byte by byte, and when each key ends. */
  state(): Promise<string>;
  /** The names of the commands since the last time that write. */
  writes(): Promise<string[]>;
}

export async function place(): Promise<Place> {
  const server = await startPrivateServer();
  onTestFinished(() => server.stop());
  const redis = new Redis({ host: server.host, port: server.port });
  onTestFinished(() => redis.disconnect());
  return {
    url: urlOf(server),
    redis,
    async state() {
      const digest = createHash('sha256');
      const keys = (await redis.keys('*')).toSorted();
      for (const bytes of await byHundreds(keys, (key) => bytesOf(redis, key))) digest.update(bytes);
      return digest.digest('hex');
    },
    async writes() {
      const stats = await redis.info('commandstats');
      await redis.config('RESETSTAT');
      const names = [...stats.matchAll(/^cmdstat_([^:|]+)/gm)].map(([, name]) => name as string);
      const infos = (await redis.command('INFO', ...names)) as [
        name: string,
        arity: number,
        flags: string[],
      ][];
      return infos.filter(([, , flags]) => flags.includes('write')).map(([name]) => name);
    },
  };
}

function urlOf({ host, port }: PrivateServer): string {
  return `redis://${host}:${port}`;
}

async function bytesOf(redis: Redis, key: string): Promise<Buffer> {
  const [dump, end] = await Promise.all([redis.dumpBuffer(key), redis.pexpiretime(key)]);
  return Buffer.concat([Buffer.from(`${key}\0${end}\0`), dump]);
}

/** A database on a Redis, or in a file of its own, that is closed after the test. */
export async function database(url = 'sqlite::memory:'): Promise<OAuthDatabase> {
  const name = randomUUID();
  const db = await open(url, { keyPrefix: `held-${name}:`, serverKeyPrefix: `issued-${name}:` });
  onTestFinished(() => db.close());
  return db;
}

/** All that it has of a kind. */
export async function exported<K extends ExportedKind>(
  db: OAuthDatabase,
  kind: K,
): Promise<Extract<Exported, { kind: K }>[]> {
  const found: Extract<Exported, { kind: K }>[] = [];
  for await (const one of db.export({ kinds: [kind] })) found.push(one as Extract<Exported, { kind: K }>);
  return found;
}

/** A few at a time, so that a busy machine answers in time. */
export async function byHundreds<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let i = 0; i < items.length; i += 100) {
    results.push(...(await Promise.all(items.slice(i, i + 100).map(work))));
  }
  return results;
}
