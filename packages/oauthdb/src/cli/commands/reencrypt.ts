import type { Context } from '../context.ts';
import { examples } from '../examples.ts';
import { EXIT, UsageError } from '../exit-codes.ts';
import type { Cli } from '../program.ts';

export function addReencrypt(cli: Cli): void {
  cli.program
    .command('reencrypt')
    .description('Seal what is stored under the first of the secret keys; run it until it rewrites nothing')
    .addHelpText(
      'after',
      `${examples('oauthdb reencrypt --secret-keys keys.txt')}
keys.txt has a line "id:base64" for each key, the one that seals first. One is made by:
  echo "$(date +%Y-%m):$(openssl rand -base64 32)"
Exits with 5 if something could not be read: it is left as it is.
`,
    )
    .action(cli.action(reencrypt));
}

async function reencrypt(context: Context): Promise<number> {
  const { out } = context;
  const { options } = await context.settings;
  if (options.secrets?.keys === undefined)
    throw new UsageError('name the keys by --secret-keys or OAUTHDB_SECRET_KEYS');
  const done = await (await context.db()).reencrypt();
  const { examined, rewritten, unreadable } = done;
  if (out.json) await out.value(done);
  else
    await out.line(
      `${rewritten} of ${examined} sealed anew${unreadable === 0 ? '' : `; ${unreadable} could not be read`}`,
    );
  return unreadable === 0 ? EXIT.ok : EXIT.damaged;
}
