import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OAuthDatabase } from '@oauthdb/core';
import { RedisOAuthDatabase } from '@oauthdb/ioredis';
import { SqliteOAuthDatabase } from '@oauthdb/sqlite';
import { Redis } from 'ioredis';
import { bareImport } from './bare-bulk.ts';
import { ownerOf, tokensHeld, tokensIssued } from './generated.ts';
import { measure, type Effort, type Row } from './measure.ts';
import { LIFE_MS, VALUE, type Operation } from './operations.ts';
import type { Servers, Subject } from './subject.ts';
import { bareIoredis } from './subjects/bare-ioredis.ts';
import { bareSqlite } from './subjects/bare-sqlite.ts';
import { cpuOf } from './subjects/server-cpu.ts';

/** What a call costs beside the bare one, with so many entries of its kind around. */
export interface GrowthRow extends Row {
  readonly entries: number;
}

const EFFORT: Effort = { rounds: 25, warmUps: 5, sliceMs: 15 };
const IN_FLIGHT = 64;

/** Filling a database is more than a call usually has to wait for. */
const commandTimeout = 30_000;

/** The last one adds entries. */
const MEASURED: readonly Operation[] = ['getToken', 'accessTokens.get', 'storeToken', 'issue'];

/** A backend that is filled on the way. */
interface Growing {
  readonly group: string;
  readonly bare: Subject;
  readonly db: OAuthDatabase;
  readonly serverCpu?: () => Promise<number>;
  /** Has the bare client store the first so many tokens. */
  fillBare(entries: number): unknown;
  close(): Promise<void>;
}

/** Which of the entries that are there a call is about: all over them, in no order. */
class Pick {
  entries = 1;

  readonly at = (i: number): number => (i * 7919) % this.entries;
  readonly key = (i: number): string => `user_${this.at(i)}`;
}

/** Fills a Redis server and a SQLite file up to so many entries of each kind, and measures at 10,000 and every tenfold of it. */
export async function growth(servers: Servers, most: number, effort: Effort = EFFORT): Promise<GrowthRow[]> {
  const rows: GrowthRow[] = [];
  for (const open of [redis, sqlite]) {
    const pick = new Pick();
    const growing = open(servers, pick);
    const subjects = [growing.bare, ours(growing.db, pick)];
    for (const [i, entries] of sizesTo(most).entries()) {
      const before = i === 0 ? 0 : pick.entries;
      await growing.fillBare(entries);
      await growing.db.import(tokensHeld(before, entries));
      await growing.db.import(tokensIssued(before, entries));
      pick.entries = entries;
      for (const operation of MEASURED) {
        const some = await measure(
          { ...growing, name: growing.group, subjects },
          operation,
          IN_FLIGHT,
          effort,
        );
        rows.push(...some.map((row) => ({ ...row, entries })));
      }
    }
    await growing.close();
  }
  return rows;
}

function sizesTo(most: number): number[] {
  const sizes: number[] = [];
  for (let size = Math.min(10_000, most); size <= most; size *= 10) sizes.push(size);
  return sizes;
}

function ours(db: OAuthDatabase, { at, key }: Pick): Subject {
  const expiresAt = new Date(Date.now() + LIFE_MS);
  let issued = 0;
  return {
    name: 'oauthdb',
    calls: {
      storeToken: (i) => db.storeToken(key(i), VALUE, expiresAt),
      getToken: (i) => db.getToken(key(i)),
      'accessTokens.get': (i) => db.accessTokens.get(`token_${at(i)}`),
      issue: (i) => {
        const id = `issued_${issued++}`;
        return db.issue({ ...ownerOf(at(i)), accessToken: { jti: id }, refreshToken: { token: id } });
      },
    },
  };
}

function redis({ redis: server }: Servers, { key }: Pick): Growing {
  const connect = (): Redis => new Redis({ ...server, password: server.password ?? '' });
  const [bare, control] = [connect(), connect()];
  const db = new RedisOAuthDatabase({
    ...server,
    keyPrefix: 'growth:',
    serverKeyPrefix: 'growth-issued:',
    commandTimeout,
  });
  return {
    group: 'ioredis',
    bare: bareIoredis('ioredis', bare, key),
    db,
    serverCpu: () => cpuOf([control]),
    fillBare: (entries) => bareImport(bare, 'raw:', entries),
    close: async () => {
      await db.close();
      for (const client of [bare, control]) client.disconnect();
    },
  };
}

function sqlite(_: Servers, { key }: Pick): Growing {
  const directory = mkdtempSync(join(tmpdir(), 'oauthdb-growth-'));
  const bare = bareSqlite('better-sqlite3', join(directory, 'bare.db'), key);
  const db = new SqliteOAuthDatabase({ path: join(directory, 'oauthdb.db'), commandTimeout });
  return {
    group: 'sqlite',
    bare,
    db,
    fillBare: (entries) => bare.fill(Array.from({ length: entries }, (_one, i) => `user_${i}`)),
    close: async () => {
      await db.close();
      bare.close?.();
      rmSync(directory, { recursive: true });
    },
  };
}
