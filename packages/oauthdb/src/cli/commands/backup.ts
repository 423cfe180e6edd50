import { setTimeout as sleep } from 'node:timers/promises';
import type { ExportedKind } from '@oauthdb/core';
import { Option } from 'commander';
import { backup, keepNewest, timedPath, type BackupSummary } from '../../backup/index.ts';
import { addSecretOptions, backupSecret, type SecretOptions } from '../backup-secret.ts';
import type { Context } from '../context.ts';
import { examples } from '../examples.ts';
import { EXIT, lineOf, UsageError } from '../exit-codes.ts';
import { countsOf, kindList } from '../kind-names.ts';
import { duration, positive } from '../parse.ts';
import { Progress } from '../progress.ts';
import type { Cli } from '../program.ts';
import { rdbBackup, type RdbOptions } from './backup-rdb.ts';

interface Options extends SecretOptions, RdbOptions {
  readonly kinds?: readonly ExportedKind[];
  readonly every?: number;
  readonly keep?: number;
  readonly skipUnreadable?: boolean;
  readonly rdb?: boolean;
  readonly format: 'oauthdb' | 'gateway';
}

export function addBackup(cli: Cli): void {
  addSecretOptions(
    cli.program
      .command('backup')
      .description(
        'Write everything into a file that any backend can take in again: compressed, checksummed, for you alone',
      )
      .argument('[file]', 'its path'),
  )
    .option('--kinds <kinds>', 'such as clients,access-tokens (default: all but states and codes)', kindList)
    .option(
      '--every <duration>',
      'again and again, such as 6h, until Ctrl-C; --keep names and limits the files',
      duration,
    )
    .option(
      '--keep <n>',
      'put the time into the name, and remove all of these files but the newest n',
      positive,
    )
    .option('--skip-unreadable', 'leave out what cannot be read, instead of giving up')
    .addOption(
      new Option(
        '--format <format>',
        'gateway: the JSON of the scripts of mcp-oauth-gateway, which is never encrypted',
      )
        .choices(['oauthdb', 'gateway'])
        .default('oauthdb'),
    )
    .option('--rdb', 'have Redis write its own dump instead, and wait for its end')
    .option(
      '--rdb-from <file>',
      'with --rdb: where the dump is to be seen from here, to check and copy it to [file]',
    )
    .addHelpText(
      'after',
      `${examples(
        'oauthdb backup oauth.backup --passphrase-file passphrase.txt',
        'oauthdb backup /var/backups/oauth.backup --keep 7',
        'oauthdb backup /var/backups/oauth.backup --every 6h --keep 28',
        'oauthdb backup oauth-backup-20260101-120000.json --format gateway --layout gateway',
        'oauthdb backup --rdb',
        'oauthdb backup dump.rdb --rdb --rdb-from /var/lib/docker/volumes/redis-data/_data/dump.rdb',
      )}
Without a passphrase or a key the file holds every secret in clear.
`,
    )
    .action(cli.action(work));
}

async function work(context: Context, path: string | undefined, options: Options): Promise<number> {
  const { rdb = false, every, keep } = options;
  if (rdb) return rdbBackup(context, path, options);
  if (path === undefined) throw new UsageError('name the file');
  if (every !== undefined && keep === undefined)
    throw new UsageError('say with --keep how many backups to keep');
  const secret = await backupSecret(context, options);
  if (Object.keys(secret).length === 0)
    context.out.warn('without a passphrase or a key the backup holds every secret in clear');
  if (every === undefined) return once(context, path, options);
  // As long as it takes: one that fails is said, and the next one may be well.
  for (;;) {
    await once(context, path, options).catch((error: unknown) => {
      context.signal.throwIfAborted();
      context.out.error(lineOf(error));
    });
    await sleep(every, undefined, { signal: context.signal });
  }
}

async function once(context: Context, path: string, options: Options): Promise<number> {
  const { kinds, keep, format, skipUnreadable = false } = options;
  const secret = await backupSecret(context, options);
  const progress = new Progress(context.out);
  let skipped = 0;
  const target = keep === undefined ? path : timedPath(path);
  const db = await context.db();
  try {
    const summary = await context.finishing(
      backup(db, target, {
        ...secret,
        kinds,
        format,
        signal: context.signal,
        onProgress: ({ records, total }) => progress.update('backup', records, total),
        ...(skipUnreadable ? { unreadable: () => void skipped++ } : {}),
      }),
    );
    progress.stop();
    await printBackup(context, summary, target);
  } finally {
    progress.stop();
    await context.close(db);
  }
  const removed = keep === undefined ? [] : await keepNewest(path, keep);
  if (removed.length > 0) context.out.note(`removed ${removed.length} older`);
  if (skipped > 0) context.out.warn(`${skipped} could not be read, and are not in it`);
  return skipped > 0 ? EXIT.damaged : EXIT.ok;
}

async function printBackup({ out }: Context, summary: BackupSummary, path: string): Promise<void> {
  if (out.json) await out.value({ file: path, ...summary });
  else await out.line(`${path}: ${countsOf(summary.counts)}`);
}
