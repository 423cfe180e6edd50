import { statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Finding } from '@oauthdb/core';
import type { SqliteClient } from './client.ts';

/** Less than this is soon used up by a write-ahead log. */
const LEAST_FREE = 100 * 1024 * 1024;

/** What of a file, or of its place, endangers tokens. Reads through all of the file. */
export function findingsOf(db: SqliteClient, path: string | null): Finding[] {
  if (path === null) return integrity(db);
  return [...rights(path), ...journal(db), ...durability(db), ...integrity(db), ...freeDisk(path)];
}

function rights(path: string): Finding[] {
  // Windows has other rights, which these numbers do not show.
  if (process.platform === 'win32') return [];
  const found: Finding[] = [];
  const open = [path, `${path}-wal`, `${path}-shm`].filter((file) => (modeOf(file) & 0o077) !== 0);
  if (open.length > 0) {
    const modes = open.map((file) => `${file} has mode ${(modeOf(file) & 0o777).toString(8)}`);
    found.push({
      code: 'file_rights',
      severity: 'error',
      message: modes.join(', '),
      meaning: 'other users of this machine can read the tokens, or replace them',
      remedy: `chmod 600 ${open.join(' ')}`,
    });
  }
  const directory = dirname(path);
  const mode = modeOf(directory);
  // With the sticky bit, as in /tmp, only owners remove their files.
  if ((mode & 0o022) !== 0 && (mode & 0o1000) === 0) {
    found.push({
      code: 'directory_rights',
      severity: 'warning',
      message: `${directory} has mode ${(mode & 0o777).toString(8)}`,
      meaning: 'other users of this machine can put another file in place of this one',
      remedy: `chmod go-w ${directory}`,
    });
  }
  return found;
}

function modeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mode ?? 0;
}

function journal(db: SqliteClient): Finding[] {
  const mode = String(db.pragma('journal_mode', { simple: true }));
  if (mode === 'wal') return [];
  return [
    {
      code: 'journal_mode',
      severity: 'warning',
      message: `journal_mode is ${mode}`,
      meaning: 'writers keep readers waiting, and calls may time out',
      remedy: 'PRAGMA journal_mode = WAL, on a local disk',
    },
  ];
}

function durability(db: SqliteClient): Finding[] {
  // 2 is FULL, 3 EXTRA.
  const level = Number(db.pragma('synchronous', { simple: true }));
  if (level >= 2) return [];
  return [
    {
      code: 'not_durable',
      severity: 'warning',
      message: `synchronous is ${level}`,
      meaning: 'a power cut loses tokens that were acknowledged, and brings back what was revoked',
      remedy: 'leave synchronous = FULL as @oauthdb/sqlite sets it',
    },
  ];
}

function integrity(db: SqliteClient): Finding[] {
  const found = String(db.pragma('quick_check(1)', { simple: true }));
  if (found === 'ok') return [];
  return [
    {
      code: 'damaged',
      severity: 'error',
      message: 'the file is damaged (quick_check)',
      meaning: 'some tokens are lost or cannot be read, and more may follow',
      remedy: 'stop writing to it, copy it, and restore a backup into a new file',
    },
  ];
}

function freeDisk(path: string): Finding[] {
  const { bavail, bsize } = statfsSync(dirname(path));
  const free = bavail * bsize;
  if (free >= LEAST_FREE) return [];
  return [
    {
      code: 'disk_nearly_full',
      severity: 'warning',
      message: `${Math.floor(free / 1024 / 1024)} MiB are free on the disk`,
      meaning: 'when it is full no token can be issued, refreshed or revoked (OAUTHDB_STORE_FULL)',
      remedy: 'free some, or move the file',
    },
  ];
}
