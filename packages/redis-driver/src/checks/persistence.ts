import type { Finding } from '@oauthdb/core';
import type { Facts } from './facts.ts';

const remedy = 'CONFIG SET appendonly yes, and the same in redis.conf';

/** What survives a crash or a restart of the server. */
export function persistence({ info, config }: Facts): Finding[] {
  if (info['aof_enabled'] === undefined) return [];
  if (info['aof_enabled'] === '1') return appendOnly(config);
  if (config['save'] === '') {
    return [
      {
        code: 'no_persistence',
        severity: 'error',
        message: 'neither the append-only file nor snapshots are on',
        meaning: 'a restart of the server loses every token and every registration',
        remedy,
      },
    ];
  }
  return [
    {
      code: 'rdb_only',
      severity: 'warning',
      message: 'the append-only file is off; there are snapshots at most',
      meaning:
        'a crash loses what was issued since the last snapshot, and brings back what was revoked since then',
      remedy,
    },
  ];
}

function appendOnly({ appendfsync }: Facts['config']): Finding[] {
  if (appendfsync !== 'no') return [];
  return [
    {
      code: 'appendfsync_no',
      severity: 'warning',
      message: 'appendfsync is no: the operating system decides when the append-only file reaches the disk',
      meaning: 'a power cut may lose half a minute of what was issued and revoked',
      remedy: 'CONFIG SET appendfsync everysec',
    },
  ];
}

/** Whether what should be on disk gets there. */
export function failedSaves({ info }: Facts): Finding[] {
  const failed = ['rdb_last_bgsave_status', 'aof_last_write_status', 'aof_last_bgrewrite_status'].filter(
    (name) => info[name] === 'err',
  );
  if (failed.length === 0) return [];
  return [
    {
      code: 'persistence_failing',
      severity: 'error',
      message: `the last attempt to write to disk failed (${failed.join(', ')})`,
      meaning: 'what is issued now may not survive a restart, and Redis may refuse all writes',
      remedy: "look at the free disk, the rights of the directory, and the server's log",
    },
  ];
}
