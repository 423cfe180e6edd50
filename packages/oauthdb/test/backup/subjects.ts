import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportedKinds, type Exported } from '@oauthdb/core';
import type {} from '@oauthdb/test-redis/setup';
import { inject, onTestFinished } from 'vitest';
import { open, type OAuthDatabase, type OpenOptions } from '../../src/index.ts';

/** A directory that is removed after the test. */
export function directory(): string {
  const path = mkdtempSync(join(tmpdir(), 'oauthdb-backup-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Every backend, by a URL and the options that only it needs. */
export const backends: readonly (readonly [
  name: string,
  at: () => readonly [url: string, options?: OpenOptions],
])[] = [
  ['memory', () => ['memory:']],
  ['SQLite', () => [`sqlite:${join(directory(), 'oauth.sqlite')}`]],
  ['ioredis', () => [inject('standalone').url, { redis: { library: 'ioredis' } }]],
  ['node-redis', () => [inject('standalone').url, { redis: { library: 'node-redis' } }]],
  [
    'a cluster',
    () => [
      `redis+cluster://${inject('cluster')
        .nodes.map(({ host, port }) => `${host}:${port}`)
        .join(',')}`,
    ],
  ],
];

/** An empty database, which is closed after the test. */
export async function empty(backend: string, options: OpenOptions = {}): Promise<OAuthDatabase> {
  const [, at] = backends.find(([name]) => name === backend) ?? [];
  const [url, own] = at?.() ?? ['memory:'];
  const name = `b${randomUUID()}`;
  const db = await open(url, {
    keyPrefix: `${name}:held:`,
    serverKeyPrefix: `${name}:issued:`,
    ...own,
    ...options,
  });
  onTestFinished(() => db.close());
  return db;
}

const odd = [
  'a',
  ' ',
  '\0',
  'a\nb',
  '{}',
  '}{',
  'a}b{c',
  '*',
  '%7B',
  '__proto__',
  'e\u0301',
  '\u{1f600}',
  '"',
  "'",
  '👩‍👩',
];
const hour = 3_600_000;

/** All kinds, in odd words, with ends of all sorts. */
export async function fill(db: OAuthDatabase, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    const text = `${odd[i % odd.length]}${i < odd.length ? '' : i}`;
    const named = {
      client_id: text,
      username: text,
      grant_id: text,
      about: { [text]: [text, null, 1.5, { text }] },
    };
    const end = new Date(Date.now() + hour * (i + 1) + i);
    await db.clients.register({
      ...named,
      redirect_uris: [`http://localhost/${text}`],
      expires_at: i % 5 === 0 ? null : end,
    });
    await db.states.store(text, { ...named, expires_at: end });
    await db.codes.store(text, { ...named, expires_at: end });
    await db.accessTokens.store({ ...named, jti: text, expires_at: i % 7 === 0 ? null : end });
    await db.refreshTokens.store({ ...named, token: text, expires_at: end });
    if (i % 3 === 0) await db.refreshTokens.rotate(text, () => ({ refreshToken: { token: `${text} next` } }));
    await db.sessions.store(text, { ...named, expires_at: end });
    await db.storeToken(text, `token of ${text}`, i % 4 === 0 ? undefined : end);
  }
}

/** What a database holds, so that two can be compared: as sorted lines, with the ends of held tokens apart. */
export async function contents(db: OAuthDatabase): Promise<{ lines: string[]; ends: Map<string, number> }> {
  const lines = new Set<string>();
  const ends = new Map<string, number>();
  for await (const one of db.export({ kinds: exportedKinds })) {
    if (one.kind === 'held') ends.set(one.key, one.expires_at === null ? 0 : Date.parse(one.expires_at));
    lines.add(canonical(one.kind === 'held' ? { ...one, expires_at: null } : one));
  }
  return { lines: [...lines].toSorted(), ends };
}

function canonical(one: Exported): string {
  return JSON.stringify(one, (_name, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}
