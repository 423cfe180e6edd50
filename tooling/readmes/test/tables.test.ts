import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  databaseOptionNames,
  OAuthDatabaseError,
  type Guarantees,
  type OAuthDatabaseErrorCode,
  type Stored,
} from '@oauthdb/core';
import { RedisOAuthDatabase } from '@oauthdb/ioredis';
import { MemoryOAuthDatabase } from '@oauthdb/memory';
import { SqliteOAuthDatabase } from '@oauthdb/sqlite';
import { expect, it } from 'vitest';
import { root } from '../src/blocks.ts';

/** The cells of a table, of the section with this heading; `#` and more stand before it. */
async function table(document: string, heading: string): Promise<string[][]> {
  const text = await readFile(join(root, document), 'utf8');
  const [, section = ''] = text.split(`\n${heading}\n`);
  const [own = ''] = section.split(/\n##+ /);
  const [, , ...rows] = own.match(/^\|.*\|$/gm) ?? [];
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  );
}

it('the README of core lists every error code, and says which are retryable', async () => {
  const source = await readFile(join(root, 'packages/core/src/error.ts'), 'utf8');
  const codes = new Set(source.match(/(?<=\| ')OAUTHDB_\w+/g));
  const listed = new Map(
    (await table('packages/core/README.md', '## Errors')).map(([code, , yes]) => [code, yes]),
  );
  expect(new Set(listed.keys())).toEqual(codes);
  for (const [code, yes] of listed) {
    const error = new OAuthDatabaseError(code as OAuthDatabaseErrorCode, '', { outcome: 'unknown' });
    expect({ code, retryable: error.retryable ? 'yes' : 'no' }).toEqual({ code, retryable: yes });
  }
});

it('the README of core lists every option', async () => {
  const listed = (await table('packages/core/README.md', '## Options')).map(([name]) => name);
  expect(new Set(listed)).toEqual(new Set(databaseOptionNames));
});

it('the README of core lists every lifetime', async () => {
  const now = Date.parse('2030-01-01T00:00:00Z');
  const db = new MemoryOAuthDatabase({ now: () => now });
  const owned = { client_id: 'c' };
  const registration = await db.clients.register(owned);
  await db.states.store('s', owned);
  const state = await db.states.consume('s');
  const stored: readonly (readonly [string, Stored | null])[] = [
    ['client', registration.status === 'registered' ? registration.client : null],
    ['state', state.status === 'consumed' ? state.state : null],
    ['code', await db.codes.store('c', owned)],
    ['accessToken', await db.accessTokens.store({ ...owned, jti: 'j' })],
    ['refreshToken', await db.refreshTokens.store({ ...owned, token: 't' })],
    ['session', await db.sessions.store('s', {})],
  ];
  const seconds: Readonly<Record<string, number>> = { day: 86_400, minute: 60, second: 1 };
  const listed = (await table('packages/core/README.md', '### Lifetimes')).map(([, , life = '', option]) => {
    const [, count, unit = ''] = /^(\d+) (\w+?)s?$/.exec(life) ?? [];
    return [option, new Date(now + Number(count) * (seconds[unit] ?? 0) * 1000).toISOString()];
  });
  const lives = stored.map(([name, record]) => [`lifetimes.${name}`, record?.expires_at]);
  expect(listed).toEqual(lives);
});

it('the README of core says of each backend what it promises', async () => {
  const durable = (durability: 'default' | 'replicated' | 'fsync'): Guarantees =>
    new RedisOAuthDatabase({ durability }).guarantees;
  const promised = [
    new MemoryOAuthDatabase().guarantees,
    new SqliteOAuthDatabase({ path: 'never-opened.sqlite' }).guarantees,
    ...(['default', 'replicated', 'fsync'] as const).map(durable),
  ];
  expect(new SqliteOAuthDatabase({ path: ':memory:' }).guarantees).toBe(promised[0]);
  const [, , ...rows] = (await table('packages/core/README.md', '## Guarantees')).filter(
    (row) => row.length === 6,
  );
  const said = rows.map(([of, processCrash, serverCrash, powerLoss, failover, singleUse]) => ({
    profile: of?.split(':')[0],
    survives: { processCrash, serverCrash, powerLoss, failover },
    singleUse,
  }));
  expect(said).toEqual(
    promised.map(({ profile, survives, singleUse }) => ({ profile, survives, singleUse })),
  );
});
