import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, it, onTestFinished } from 'vitest';
import { SqliteForeignFile } from '../src/index.ts';

function directory(): string {
  const path = mkdtempSync(join(tmpdir(), 'oauthdb-foreign-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

function fileIn(dir: string): { path: string; db: Database.Database } {
  const path = join(dir, 'foreign.db');
  const db = new Database(path);
  onTestFinished(() => void db.close());
  db.exec("CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 'one'), (2, 'two')");
  return { path, db };
}

function open(path: string, timeoutMs = 200): SqliteForeignFile {
  const file = new SqliteForeignFile(path, timeoutMs);
  onTestFinished(() => file.close());
  return file;
}

it('reads what another program writes, while it does', async () => {
  const { path, db } = fileIn(directory());
  const file = open(path);
  expect(await file.rows('SELECT a, b FROM t WHERE a > ? ORDER BY a', 0)).toEqual([
    [1, 'one'],
    [2, 'two'],
  ]);
  db.exec("INSERT INTO t VALUES (3, 'three')");
  expect(await file.rows('SELECT b FROM t WHERE a > ?', 2)).toEqual([['three']]);
});

it('changes nothing, and creates nothing', async () => {
  const dir = directory();
  const { path, db } = fileIn(dir);
  db.close();
  const before = readFileSync(path);
  const file = open(path);
  await expect(file.rows('DELETE FROM t RETURNING a')).rejects.toMatchObject({ code: 'OAUTHDB_READONLY' });
  await file.rows('SELECT a FROM t');
  await file.close();
  for (const none of [join(dir, 'none.db'), join(dir, 'none', 'none.db')]) {
    await expect(open(none).rows('SELECT 1')).rejects.toMatchObject({
      code: 'OAUTHDB_CONFIG',
      outcome: 'not_executed',
      message: expect.not.stringContaining(dir),
    });
  }
  expect(readFileSync(path)).toEqual(before);
  expect(readdirSync(dir)).toEqual(['foreign.db']);
});

it('says when a file is none of SQLite, or has no such table', async () => {
  const dir = directory();
  writeFileSync(join(dir, 'text.db'), 'a text that is long enough to be no header of anything'.repeat(20));
  await expect(open(join(dir, 'text.db')).rows('SELECT a FROM t')).rejects.toMatchObject({
    code: 'OAUTHDB_CORRUPT',
  });
  await expect(open(fileIn(dir).path).rows('SELECT a FROM other')).rejects.toMatchObject({
    code: 'OAUTHDB_CORRUPT',
  });
});

it('waits for a lock as long as it may, and no longer', async () => {
  const { path, db } = fileIn(directory());
  db.exec('BEGIN EXCLUSIVE');
  await expect(open(path, 50).rows('SELECT a FROM t')).rejects.toMatchObject({ code: 'OAUTHDB_TIMEOUT' });
  const waiting = open(path, 20_000).rows('SELECT a FROM t');
  db.exec('COMMIT');
  expect(await waiting).toHaveLength(2);
});

it('is closed once and for all', async () => {
  const file = open(fileIn(directory()).path);
  await file.close();
  await file.close();
  await expect(file.rows('SELECT 1')).rejects.toMatchObject({ code: 'OAUTHDB_CLOSED' });
});
