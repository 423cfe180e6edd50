import { setTimeout as sleep } from 'node:timers/promises';
import type { OAuthDatabase } from '@oauthdb/core';
import { startChild } from '../child.ts';
import { measured } from '../measured.ts';
import type { Plan } from '../plan.ts';
import type { Row } from '../row.ts';
import { KEEPS } from '@oauthdb/test-redis/faults';
import { startPrivateServer } from '@oauthdb/test-redis/server';
import { sqliteStore } from '../stores.ts';
import { openTarget, type Target } from '../target.ts';

interface Count {
  calls: number;
  failed: number;
  lost: number;
  /** Tokens that can be read and are on no list. */
  unlisted: number;
}

/** A server is killed while a process issues tokens, and a process is killed while it issues them into a file. */
export async function* kills({ kills: times, wanted }: Plan): AsyncGenerator<Row> {
  const server = `the server is killed ${times} times while tokens are issued`;
  for (const kind of ['ioredis', 'node-redis'] as const) {
    if (wanted(server, kind)) yield await counted(server, kind, (count) => serverKills(kind, times, count));
  }
  const writer = `the process that issues tokens is killed ${times} times`;
  if (wanted(writer, 'sqlite')) yield await counted(writer, 'sqlite', (count) => writerKills(times, count));
}

async function counted(fault: string, backend: string, work: (count: Count) => Promise<void>): Promise<Row> {
  const count = { calls: 0, failed: 0, lost: 0, unlisted: 0 };
  const { stallMs, growthMb } = await measured(() => work(count));
  return {
    ...{ fault, backend, calls: count.calls, settled: count.calls, lost: count.lost, wrong: count.unlisted },
    ...{
      slowestMs: 0,
      failed: count.failed,
      undead: 0,
      ghosts: 0,
      doubleSpends: 0,
      malformed: 0,
      stallMs,
      growthMb,
    },
  };
}

async function serverKills(kind: 'ioredis' | 'node-redis', times: number, count: Count): Promise<void> {
  await using server = await startPrivateServer({ args: KEEPS });
  const target: Target = { kind, url: `redis://${server.host}:${server.port}` };
  const [db, beside] = [openTarget(target, { maxRetriesPerRequest: 0 }), openTarget(target)];
  for (let round = 0; round < times; round++) {
    const over = new AbortController();
    const [begun, issued]: [string[], string[]] = [[], []];
    const workers = Array.from({ length: 8 }, async () => {
      while (!over.signal.aborted) {
        const id = `${round} ${begun.length}`;
        begun.push(id);
        await issue(db, id).then(
          () => issued.push(id),
          () => sleep(5),
        );
      }
    });
    await sleep(10 + Math.random() * 60);
    await server.kill();
    over.abort();
    await Promise.all(workers);
    await server.restart();
    await until(() => beside.storeToken('after', 'kill'));
    await check(beside, begun, issued, count);
  }
  await Promise.all([db.close(), beside.close()]);
}

async function writerKills(times: number, count: Count): Promise<void> {
  await using store = await sqliteStore();
  for (let round = 0; round < times; round++) {
    const writer = startChild('issue', store.through);
    await writer.begun;
    await sleep(10 + Math.random() * 60);
    writer.process.kill('SIGKILL');
    const lines = (await writer.printed).split('\n').slice(0, -1);
    const ids = (word: string): string[] =>
      lines.filter((line) => line.startsWith(word)).map((line) => line.slice(word.length));
    const db = openTarget(store.beside);
    await check(db, ids('begun '), ids('issued '), count);
    await db.close();
  }
}

function issue(db: OAuthDatabase, id: string): Promise<unknown> {
  const tokens = { accessToken: { jti: id }, refreshToken: { token: `refresh ${id}` } };
  return db.issue({ client_id: 'c', username: `user ${id}`, ...tokens });
}

/** What was acknowledged is there; what can be read is listed, and whole. */
async function check(
  db: OAuthDatabase,
  begun: readonly string[],
  issued: readonly string[],
  count: Count,
): Promise<void> {
  count.calls += begun.length;
  count.failed += begun.length - issued.length;
  const acknowledged = new Set(issued);
  const checkOne = async (id: string): Promise<void> => {
    const [access, refresh, page, refreshPage] = await Promise.all([
      db.accessTokens.get(id),
      db.refreshTokens.get(`refresh ${id}`),
      db.accessTokens.listPage({ username: `user ${id}` }),
      db.refreshTokens.listPage({ username: `user ${id}` }),
    ]);
    if (acknowledged.has(id) && (access === null || refresh === null)) count.lost++;
    const isListed =
      page.items.some(({ jti }) => jti === id) &&
      refreshPage.items.some(({ handle }) => handle === refresh?.handle);
    if ((access === null) !== (refresh === null) || (access !== null && !isListed)) count.unlisted++;
  };
  for (let i = 0; i < begun.length; i += 64) await Promise.all(begun.slice(i, i + 64).map(checkOne));
}

async function until(work: () => Promise<unknown>): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (
      await work().then(
        () => true,
        () => false,
      )
    )
      return;
    await sleep(20);
  }
}
