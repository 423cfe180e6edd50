import type { Change } from '@oauthdb/core';
import Database from 'better-sqlite3';
import { afterEach, describe, expect, it } from 'vitest';
import type { SqliteDriver } from '../src/index.ts';
import { openDriver, put, soon, temporaryPath, valueOf } from './temporary.ts';

const clients: Database.Database[] = [];

afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

/** A driver, its client, and the statements that run on it. */
async function traced(): Promise<{ driver: SqliteDriver; client: Database.Database; statements: string[] }> {
  const statements: string[] = [];
  const client = new Database(temporaryPath(), { verbose: (sql) => statements.push(String(sql)) });
  clients.push(client);
  const driver = openDriver({ client });
  await put(driver, 'first', 'value');
  statements.length = 0;
  return { driver, client, statements };
}

const count = (statements: string[], sql: string): number => statements.filter((one) => one === sql).length;

describe('writes that come together', () => {
  it('share a transaction, 256 at the most', async () => {
    const { driver, statements } = await traced();
    await Promise.all(Array.from({ length: 1000 }, (_, i) => put(driver, `key ${i}`, `${i}`)));
    expect(count(statements, 'COMMIT')).toBe(4);
    expect(await valueOf(driver, 'key 999')).toBe('999');
  });

  it('share it by what they write: four changes of a hundred keys take two', async () => {
    const { driver, statements } = await traced();
    const changeOf = (name: string): Change => ({
      puts: Array.from({ length: 100 }, (_, i) => ({ key: `${name} ${i}`, value: '', expiresAt: null })),
    });
    await Promise.all(['a', 'b', 'c', 'd'].map((name) => driver.commit(changeOf(name), soon())));
    expect(count(statements, 'COMMIT')).toBe(2);
    expect(await valueOf(driver, 'd 99')).toBe('');
    const large = changeOf('large').puts?.flatMap((one) => [one, { ...one, key: `${one.key}, too` }]) ?? [];
    await driver.commit({ puts: [...large, ...large] }, soon());
    expect(count(statements, 'COMMIT')).toBe(3);
  });

  it('share it too when they come in different callbacks of one turn', async () => {
    const { driver, statements } = await traced();
    await Promise.all(
      Array.from({ length: 64 }, async (_, i) => {
        for (let depth = 0; depth < i; depth++) await Promise.resolve();
        await put(driver, `key ${i}`, `${i}`);
      }),
    );
    expect(count(statements, 'COMMIT')).toBe(1);
  });

  it('are each answered for themselves: a check that fails undoes no other', async () => {
    const { driver } = await traced();
    const create = (key: string, value: string): Change => ({
      checks: [{ key, version: null }],
      puts: [{ key, value, expiresAt: null }],
    });
    const changes = [create('a', '1'), create('a', '2'), create('b', '3'), create('first', '4')];
    const answers = await Promise.all(changes.map((change) => driver.commit(change, soon())));
    expect(answers.map(({ committed }) => committed)).toEqual([true, false, true, false]);
    expect(await Promise.all(['a', 'b', 'first'].map((key) => valueOf(driver, key)))).toEqual([
      '1',
      '3',
      'value',
    ]);
  });

  it('fail alone: an error in one undoes no other', async () => {
    const { driver, client, statements } = await traced();
    client.pragma('max_page_count = 40');
    statements.length = 0;
    const values = ['small', 'x'.repeat(400_000), 'small too', 'y'.repeat(400_000)];
    const outcomes = await Promise.allSettled(values.map((value, i) => put(driver, `key ${i}`, value)));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected']);
    expect(outcomes[1]).toMatchObject({ reason: { code: 'OAUTHDB_STORE_FULL', outcome: 'not_executed' } });
    expect(await valueOf(driver, 'key 0')).toBe('small');
    expect(await valueOf(driver, 'key 1')).toBeNull();
    expect(await valueOf(driver, 'key 2')).toBe('small too');
    // One for all, then one for each.
    expect(count(statements, 'BEGIN IMMEDIATE')).toBe(5);
    statements.length = 0;
    await Promise.all([put(driver, 'c', '1'), put(driver, 'd', '2')]);
    expect(count(statements, 'COMMIT')).toBe(1);
  });

  it('keep their order, and the reads among them see what came before', async () => {
    const { driver } = await traced();
    const first = put(driver, 'k', '1');
    const seenFirst = valueOf(driver, 'k');
    const second = put(driver, 'k', '2');
    const listed = driver.list({ prefix: 'k' }, { limit: 10 }, soon());
    const seenSecond = valueOf(driver, 'k');
    const taken = driver.take({ key: 'k', attempt: 'x', rememberMs: 1000 }, soon());
    const seenLast = valueOf(driver, 'k');
    await Promise.all([first, second]);
    expect([await seenFirst, await seenSecond, await seenLast]).toEqual(['1', '2', null]);
    expect((await listed).items).toEqual(['k']);
    expect(await taken).toEqual({ status: 'taken', value: '2' });
  });

  it('are not made when their deadline has passed before their turn', async () => {
    const { driver, statements } = await traced();
    const change = { puts: [{ key: 'late', value: 'x', expiresAt: null }] };
    const late = driver.commit(change, soon(1));
    const inTime = put(driver, 'k', 'v');
    const until = performance.now() + 5;
    while (performance.now() < until);
    await expect(late).rejects.toMatchObject({ code: 'OAUTHDB_TIMEOUT', outcome: 'not_executed' });
    await inTime;
    expect(count(statements, 'COMMIT')).toBe(1);
    expect(await valueOf(driver, 'late')).toBeNull();
  });

  it('fail with OAUTHDB_CLOSED when the driver is closed, and nothing of them is written', async () => {
    const path = temporaryPath();
    const driver = openDriver({ path });
    await put(driver, 'first', 'value');
    const pending = put(driver, 'k', 'v');
    await Promise.all([
      expect(pending).rejects.toMatchObject({ code: 'OAUTHDB_CLOSED', outcome: 'not_executed' }),
      driver.close(),
    ]);
    await expect(put(driver, 'k', 'v')).rejects.toMatchObject({ code: 'OAUTHDB_CLOSED' });
    await expect(driver.read(['k'], soon())).rejects.toMatchObject({ code: 'OAUTHDB_CLOSED' });
    await driver.close();
    expect(await valueOf(openDriver({ path }), 'k')).toBeNull();
  });
});
