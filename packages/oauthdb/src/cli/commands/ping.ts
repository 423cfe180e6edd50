import type { Context } from '../context.ts';
import { examples } from '../examples.ts';
import { EXIT } from '../exit-codes.ts';
import type { Cli } from '../program.ts';
import { sizeOf, Styled } from '../text.ts';

export function addPing(cli: Cli): void {
  cli.program
    .command('ping')
    .description(
      'Write, read and delete an entry, and say how long that took; exits with 1 if only reading works',
    )
    .addHelpText('after', examples('oauthdb ping', 'oauthdb ping --json --db sqlite:./tokens.db'))
    .action(cli.action(ping));
}

async function ping(context: Context): Promise<number> {
  const { out } = context;
  const health = await (await context.db()).health();
  const { status, backend, writeMs, readMs, reason, version, role, usedBytes } = health;
  if (out.json) await out.value(health);
  else {
    await out.record({
      status: new Styled(status === 'ok' ? out.colors.green('ok') : out.colors.red(`${status}: ${reason}`)),
      backend: version === undefined ? backend : `${backend} ${version}`,
      role,
      write: writeMs === null ? 'failed' : `${writeMs.toFixed(1)} ms`,
      read: `${readMs.toFixed(1)} ms`,
      used: usedBytes === undefined ? undefined : sizeOf(usedBytes),
    });
  }
  return status === 'ok' ? EXIT.ok : EXIT.no;
}
