import { createHash } from 'node:crypto';
import { DriverDatabase, type ClientMetadata, type DatabaseOptions, type Issuance } from '@oauthdb/core';
import { startPrivateServer } from '@oauthdb/test-redis/server';
import type { Redis } from 'ioredis';
import { onTestFinished } from 'vitest';
import { connect, namespace, open } from './server.ts';

/** Where an operator types the commands of a handbook whose keys begin with `oauth:`. */
export interface Place {
  readonly redis: Redis;
  readonly prefix: string;
}

/** One command as the handbook writes it, `GET oauth:client:client_123`, with words that hold spaces behind it. */
export type Cli = (line: string, ...more: readonly string[]) => Promise<unknown>;

/** To the letter, and beside the keys of others. */
export const places: readonly (readonly [name: string, find: () => Promise<Place>])[] = [
  [
    'under oauth:, on a server of its own',
    async () => {
      const server = await startPrivateServer();
      onTestFinished(() => server.stop());
      return { redis: connect(server), prefix: 'oauth:' };
    },
  ],
  ['under another prefix', async () => ({ redis: connect(), prefix: `${namespace()}oauth:` })],
];

/** A database on a place, and what its operator types and reads: there all is under `oauth:`. */
export function openAt(
  { redis, prefix }: Place,
  options: DatabaseOptions = {},
): { db: DriverDatabase; cli: Cli } {
  const db = new DriverDatabase(open(redis), { serverKeyPrefix: prefix, ...options });
  const cli: Cli = async (line, ...more) => {
    const [command = '', ...words] = [...line.split(' '), ...more];
    const reply = await redis.call(command, ...words.map((word) => word.replaceAll('oauth:', prefix)));
    return JSON.parse(JSON.stringify(reply).replaceAll(prefix, 'oauth:'));
  };
  return { db, cli };
}

/** `SCAN 0 MATCH …`, and from where it stopped to the end. */
export async function scan(cli: Cli, pattern: string): Promise<string[]> {
  const keys = new Set<string>();
  for (let cursor = '0'; ;) {
    const [next, found] = (await cli(`SCAN ${cursor} MATCH ${pattern}`)) as [string, string[]];
    for (const key of found) keys.add(key);
    if (next === '0') return [...keys];
    cursor = next;
  }
}

/** The handbook's client. */
export const client: ClientMetadata = {
  client_id: 'client_123',
  client_secret: 'secret_xyz789',
  client_name: 'My MCP Client',
  redirect_uris: ['http://localhost:8080/callback'],
  grant_types: ['authorization_code', 'refresh_token'],
  registration_access_token: 'reg-token123',
};

/** What is issued to it. */
export const issuance: Issuance = {
  client_id: 'client_123',
  username: 'username',
  user_id: 'github|username',
  scope: 'mcp:*',
  accessToken: { jti: 'jti_123' },
  refreshToken: { token: 'refresh_123' },
};

/** The handbook's token, as another program stores it, but for the year. */
export const theirs = {
  client_id: 'client_abc123',
  user_id: 'github|username',
  scope: 'mcp:*',
  issued_at: '2024-01-01T00:00:00Z',
  expires_at: '2124-01-31T00:00:00Z',
};

export async function issue(
  db: DriverDatabase,
  username = 'username',
): Promise<{ readonly grant_id: string }> {
  const issued = await db.issue({ ...issuance, username });
  if (issued.status !== 'issued') throw new Error(issued.status);
  return issued;
}

export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** What stands in a key in place of a secret. */
export function hashed(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}

/** Whether a life is this long, but for the seconds since. */
export function about(seconds: number): (ttl: unknown) => boolean {
  return (ttl) => typeof ttl === 'number' && ttl <= seconds && ttl > seconds - 5;
}

/** Whether a life is this long, or up to a sixteenth longer. */
export function atLeast(seconds: number): (ttl: unknown) => boolean {
  return (ttl) => typeof ttl === 'number' && ttl > seconds - 5 && ttl <= (seconds * 17) / 16 + 1;
}
