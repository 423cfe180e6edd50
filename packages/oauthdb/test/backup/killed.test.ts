import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type {} from '@oauthdb/test-redis/setup';
import type { Exported } from '@oauthdb/core';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { backup, open, verify, type OAuthDatabase } from '../../src/index.ts';
import { contents, directory } from './subjects.ts';

const script = fileURLToPath(new URL('children/work.ts', import.meta.url));
const RECORDS = 4000;

function* many(): Generator<Exported> {
  const end = new Date(Date.now() + 3_600_000).toISOString();
  for (let i = 0; i < RECORDS / 2; i++) {
    yield { kind: 'held', key: `k${i}`, value: `token ${i}`, expires_at: null };
    const record = {
      jti: `j${i}`,
      client_id: 'c',
      username: `u${i % 10}`,
      grant_id: `g${i}`,
      expires_at: end,
    };
    yield { kind: 'token', id: `j${i}`, expires_at: end, record };
  }
}

/** Runs a child, and kills it so long after it has begun; whether it had ended by itself. */
async function killedAfter(ms: number, ...args: string[]): Promise<boolean> {
  const child = spawn(process.execPath, ['--conditions=@oauthdb/source', script, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const closed = once(child, 'close');
  await Promise.race([once(createInterface(child.stdout), 'line'), closed]);
  const timer = setTimeout(() => child.kill('SIGKILL'), ms);
  const [code] = await closed;
  clearTimeout(timer);
  return code === 0;
}

async function opened(url: string, prefix: string): Promise<OAuthDatabase> {
  const db = await open(url, { keyPrefix: `${prefix}held:`, serverKeyPrefix: `${prefix}issued:` });
  onTestFinished(() => db.close());
  return db;
}

const places: [name: string, url: () => string][] = [
  ['SQLite', () => `sqlite:${join(directory(), 'oauth.sqlite')}`],
  ['Redis', () => inject('standalone').url],
];

describe.each(places)('a process that is killed, on %s', (_name, place) => {
  it('leaves a whole backup, the old or the new one', { timeout: 120_000 }, async () => {
    const [url, prefix] = [place(), `k${process.pid}.${Math.random()}:`];
    const db = await opened(url, prefix);
    await db.import([...many()].slice(0, 10));
    const file = join(directory(), 'oauth.backup');
    await backup(db, file);
    const old = readFileSync(file);
    await db.import(many());
    for (let ms = 8, isDone = false; !isDone && ms < 20_000; ms *= 6) {
      isDone = await killedAfter(ms, 'backup', url, file, prefix);
      const { records } = await verify(file);
      expect([10, RECORDS]).toContain(records);
      if (records === 10) expect(readFileSync(file).equals(old)).toBe(true);
      if (isDone) expect(records).toBe(RECORDS);
    }
    expect(existsSync(file)).toBe(true);
  });

  it('in a restore is followed by one that completes it', { timeout: 120_000 }, async () => {
    const source = await open('memory:');
    await source.import(many());
    const file = join(directory(), 'oauth.backup');
    await backup(source, file);
    const { lines } = await contents(source);
    for (let ms = 8, isDone = false; !isDone && ms < 20_000; ms *= 6) {
      const [url, prefix] = [place(), `k${process.pid}.${Math.random()}:`];
      isDone = await killedAfter(ms, 'restore', url, file, prefix);
      expect(await killedAfter(60_000, 'restore', url, file, prefix)).toBe(true);
      const db = await opened(url, prefix);
      expect((await contents(db)).lines).toEqual(lines);
      expect((await db.revoke({ username: 'u3' })).accessTokens).toBe(RECORDS / 20);
      await db.revoke({ clientId: 'c' });
      await db.deleteTokens(await db.listTokens());
    }
    rmSync(file);
  });
});
