import type { Context } from '../context.ts';
import { examples } from '../examples.ts';
import { EXIT, UsageError } from '../exit-codes.ts';
import { Progress } from '../progress.ts';
import type { Cli } from '../program.ts';

interface Options {
  readonly dryRun?: boolean;
}

export function addReencrypt(cli: Cli): void {
  cli.program
    .command('reencrypt')
    .description('Seal what is stored under the first of the secret keys; run it until it rewrites nothing')
    .option('--dry-run', 'count what would be sealed anew')
    .addHelpText(
      'after',
      `${examples('oauthdb reencrypt --secret-keys keys.txt --dry-run', 'oauthdb reencrypt --secret-keys keys.txt')}
keys.txt has a line "id:base64" for each key, the one that seals first. One is made by:
  echo "$(date +%Y-%m):$(openssl rand -base64 32)"
Exits with 5 if something could not be read: it is left as it is.
`,
    )
    .action(cli.action(reencrypt));
}

async function reencrypt(context: Context, { dryRun = false }: Options): Promise<number> {
  const { out } = context;
  const { options } = await context.settings;
  if (options.secrets?.keys === undefined)
    throw new UsageError('name the keys by --secret-keys or OAUTHDB_SECRET_KEYS');
  const db = await context.db();
  const done = await Progress.during(out, 'sealing', (onProgress) => db.reencrypt({ dryRun, onProgress }));
  const { examined, rewritten, unreadable } = done;
  if (out.json) await out.value({ ...done, dry_run: dryRun });
  else
    await out.line(
      `${rewritten} of ${examined} ${dryRun ? 'would be ' : ''}sealed anew${unreadable === 0 ? '' : `; ${unreadable} could not be read`}`,
    );
  return unreadable === 0 ? EXIT.ok : EXIT.damaged;
}
