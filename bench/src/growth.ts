import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AccessToken, OAuthDatabase } from '@oauthdb/core';
import { RedisOAuthDatabase } from '@oauthdb/ioredis';
import { SqliteOAuthDatabase } from '@oauthdb/sqlite';
import { Redis } from 'ioredis';
import { bareImport } from './bare-bulk.ts';
import { ownerOf, tokensHeld, tokensIssued } from './generated.ts';
import { measure, type Effort, type Row } from './measure.ts';
import { storingPair } from './bare-operations.ts';
import { holds, type KeyValue } from './key-value.ts';
import type { Operation } from './operations/index.ts';
import type { Operations, Servers, Subject } from './subject.ts';
import { bareIoredis } from './subjects/bare-ioredis.ts';
import { bareSqlite } from './subjects/bare-sqlite.ts';
import { cpuOf } from './subjects/server-cpu.ts';
import { LIFE_MS, VALUE } from './values.ts';

/** What a call costs beside the bare one, with so many entries of its kind around. */
export interface GrowthRow extends Row {
  readonly entries: number;
}

const EFFORT: Effort = { rounds: 25, leastRounds: 5, warmUps: 5, sliceMs: 15, budgetMs: 30_000 };
const IN_FLIGHT = 64;

/** Filling a database is more than a call usually has to wait for. */
const commandTimeout = 30_000;

/** The last one adds entries. */
const MEASURED: readonly Operation[] = ['getToken', 'accessTokens.get', 'storeToken', 'issue'];

/** A backend that is filled on the way. */
interface Growing {
  readonly group: string;
  readonly bare: KeyValue;
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
    const growing = open(servers);
    const subjects = [bareCalls(growing, pick), ourCalls(growing.db, pick)];
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

function bareCalls({ group, bare }: Growing, { key }: Pick): Subject {
  const isStored = async (_: unknown, i: number): Promise<boolean> => holds(await bare.get(key(i)));
  const get = { call: (i: number) => bare.get(key(i)), isRight: holds };
  const operations: Operations = {
    storeToken: { call: (i) => bare.set(key(i)), isRight: isStored },
    getToken: get,
    'accessTokens.get': get,
    issue: storingPair(bare),
  };
  return { name: group === 'sqlite' ? 'better-sqlite3' : group, operations };
}

function ourCalls(db: OAuthDatabase, { at, key }: Pick): Subject {
  const expiresAt = new Date(Date.now() + LIFE_MS);
  const operations: Operations = {
    storeToken: {
      call: (i) => db.storeToken(key(i), VALUE, expiresAt),
      isRight: async (_, i) => holds(await db.getToken(key(i))),
    },
    getToken: { call: (i) => db.getToken(key(i)), isRight: holds },
    'accessTokens.get': {
      call: (i) => db.accessTokens.get(`token_${at(i)}`),
      isRight: (answer, i) => (answer as AccessToken | null)?.jti === `token_${at(i)}`,
    },
    issue: {
      call: (i) =>
        db.issue({
          ...ownerOf(at(i)),
          accessToken: { jti: `issued_${i}` },
          refreshToken: { token: `issued_${i}` },
        }),
      isRight: (_, i) => db.accessTokens.has(`issued_${i}`),
    },
  };
  return { name: 'oauthdb', operations };
}

function redis({ redis: server }: Servers): Growing {
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
    bare: bareIoredis(bare),
    db,
    serverCpu: () => cpuOf([control]),
    fillBare: (entries) => bareImport(bare, 'raw:', entries),
    close: async () => {
      await db.close();
      for (const client of [bare, control]) client.disconnect();
    },
  };
}

function sqlite(): Growing {
  const directory = mkdtempSync(join(tmpdir(), 'oauthdb-growth-'));
  const bare = bareSqlite(join(directory, 'bare.db'));
  const db = new SqliteOAuthDatabase({ path: join(directory, 'oauthdb.db'), commandTimeout });
  return {
    group: 'sqlite',
    bare,
    db,
    fillBare: (entries) => bare.setSeveral?.(Array.from({ length: entries }, (_, i) => `user_${i}`)),
    close: async () => {
      await db.close();
      bare.close();
      rmSync(directory, { recursive: true });
    },
  };
}
