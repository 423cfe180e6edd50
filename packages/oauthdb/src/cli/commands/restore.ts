import type { ExportedKind, ImportMode } from '@oauthdb/core';
import { Option } from 'commander';
import { restore, verify } from '../../backup/index.ts';
import { addSecretOptions, backupSecret, type SecretOptions } from '../backup-secret.ts';
import type { Context } from '../context.ts';
import { examples } from '../examples.ts';
import { EXIT } from '../exit-codes.ts';
import { countsOf, kindList } from '../kind-names.ts';
import { Progress } from '../progress.ts';
import type { Cli } from '../program.ts';

interface RestoreOptions extends SecretOptions {
  readonly mode: ImportMode;
  readonly kinds?: readonly ExportedKind[];
  readonly dryRun?: boolean;
}

export function addRestore(cli: Cli): void {
  addSecretOptions(
    cli.program
      .command('restore')
      .description(
        'Put a backup into the database; what has ended since stays away, and a damaged file changes nothing',
      )
      .argument('<file>', 'of oauthdb backup, or oauth-backup-*.json of mcp-oauth-gateway'),
  )
    .addOption(
      new Option('--mode <mode>', 'what is there already: the newer one stays, it stays, or it is replaced')
        .choices(['merge', 'skip', 'replace'])
        .default('merge'),
    )
    .option('--kinds <kinds>', 'such as clients,access-tokens (default: all that it holds)', kindList)
    .option('--dry-run', 'count what would be done')
    .addHelpText(
      'after',
      `${examples(
        'oauthdb restore oauth.backup --dry-run',
        'oauthdb restore oauth.backup --passphrase-file passphrase.txt',
        'oauthdb restore oauth-backup-20260101-120000.json --mode skip',
      )}
If it is interrupted, run it again. What was used, rotated or revoked in the database since the backup is refused in every mode; one
that was emptied knows nothing of that.
`,
    )
    .action(cli.action(restoring));
  addSecretOptions(
    cli.program
      .command('verify')
      .description(
        'Read all of a backup and say what it holds; exits with 5 if it is damaged, or the secret is wrong',
      )
      .argument('<file>', 'as restore takes it'),
  )
    .addHelpText('after', examples('oauthdb verify oauth.backup --passphrase-file passphrase.txt'))
    .action(cli.action(verifying));
}

async function restoring(context: Context, path: string, options: RestoreOptions): Promise<number> {
  const { mode, kinds, dryRun = false } = options;
  const secret = await backupSecret(context, options);
  if (mode === 'replace' && !dryRun) await context.confirm('Replace what is there, the newer included?');
  const progress = new Progress(context.out);
  const db = await context.db();
  try {
    const restored = await context.finishing(
      restore(db, path, {
        ...secret,
        mode,
        kinds,
        dryRun,
        signal: context.signal,
        onProgress: ({ phase, records, total }) => progress.update(phase, records, total),
      }),
    );
    progress.stop();
    const { backup, ...counts } = restored;
    const { out } = context;
    if (out.json) await out.value({ ...restored, dry_run: dryRun });
    else {
      await out.line(
        `${dryRun ? 'would restore from' : 'restored from'} a backup of ${backup.source}, ${backup.created_at}`,
      );
      await out.record(counts);
    }
    return counts.unreadable > 0 ? EXIT.damaged : EXIT.ok;
  } finally {
    progress.stop();
  }
}

async function verifying(context: Context, path: string, options: SecretOptions): Promise<void> {
  const { out, signal } = context;
  const progress = new Progress(out);
  try {
    const summary = await verify(path, {
      ...(await backupSecret(context, options)),
      signal,
      onProgress: ({ records, total }) => progress.update('verify', records, total),
    });
    progress.stop();
    if (out.json) return await out.value(summary);
    await out.line(`whole: ${countsOf(summary.counts)}; of ${summary.source}, ${summary.created_at}`);
  } finally {
    progress.stop();
  }
}
