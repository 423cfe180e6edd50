import { readFileSync } from 'node:fs';
import type { Cluster, Redis } from 'ioredis';

/** One key of a dump of the service's Redis. */
interface Dumped {
  readonly type: 'string' | 'set' | 'list';
  readonly value: string | readonly string[];
  /** Seconds; -1: for ever. */
  readonly ttl: number;
  readonly pttl?: number;
}

export type Dump = Readonly<Record<string, Dumped>>;

/** What was taken from the Redis of the real service, step by step, by their numbers. */
export const dumps = {
  registered: '01-registered',
  authorized: '02-authorize-state',
  calledBack: '03-callback-code',
  issued: '04-token',
  refreshed: '05-refreshed',
  revoked: '06-revoked-access',
  clientDeleted: '08-client-deleted',
  full: '10-full-before-backup',
} as const;

export type DumpName = keyof typeof dumps;

/** When the dumps were taken, or a little later: no access token of theirs had ended. */
export const TAKEN_AT = 1_795_279_050_000;

export function readDump(name: DumpName): Dump {
  const file = new URL(`data/${dumps[name]}.json`, import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { keys: Dump }).keys;
}

/** Puts a dump where it came from: types and lives as they were, under another prefix than `oauth:`. */
export async function load(redis: Redis | Cluster, dump: Dump, prefix: string): Promise<void> {
  for (const [key, { type, value, ttl, pttl }] of Object.entries(dump)) {
    if (!key.startsWith('oauth:')) continue;
    const name = prefix + key.slice('oauth:'.length);
    if (type === 'set') await redis.sadd(name, ...(value as readonly string[]));
    else await redis.set(name, value as string);
    if (ttl >= 0) await redis.pexpire(name, pttl ?? ttl * 1000);
  }
}

/** The ids of what a dump holds of one kind. */
export function idsOf(dump: Dump, kind: string): string[] {
  const prefix = `oauth:${kind}:`;
  return Object.keys(dump).flatMap((key) => (key.startsWith(prefix) ? [key.slice(prefix.length)] : []));
}

/** The record that a dump holds there. */
export function recordOf(dump: Dump, kind: string, id: string): Record<string, unknown> {
  return JSON.parse(dump[`oauth:${kind}:${id}`]?.value as string) as Record<string, unknown>;
}
