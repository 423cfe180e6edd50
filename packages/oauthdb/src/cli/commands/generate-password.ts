import { randomBytes } from 'node:crypto';
import { appendFile, chmod, readFile } from 'node:fs/promises';
import type { Context } from '../context.ts';
import { examples } from '../examples.ts';
import { UsageError } from '../exit-codes.ts';
import type { Cli } from '../program.ts';
import { writeNew } from '../secret-file.ts';

interface Options {
  readonly env?: string;
  readonly name: string;
  readonly output?: string;
}

export function addGeneratePassword(cli: Cli): void {
  cli.program
    .command('generate-password')
    .description('Make a password of 256 random bits that needs no quoting, in a URL neither')
    .option('--env <file>', 'add it to a file of variables that only you can read, and show it nowhere')
    .option('--name <variable>', 'the variable in that file', 'REDIS_PASSWORD')
    .option('--output <file>', 'write it to a new file that only you can read, and show it nowhere')
    .addHelpText('after', examples('oauthdb generate-password --env .env', 'oauthdb generate-password'))
    .action(cli.action(generate));
}

async function generate(context: Context, { env, name, output }: Options): Promise<void> {
  const { out } = context;
  const password = randomBytes(32).toString('base64url');
  if (env !== undefined) {
    await addVariable(env, name, password);
    out.note(`${name} is in ${env}`);
  }
  if (output !== undefined) await writeNew(output, `${password}\n`, '--output');
  if (env !== undefined || output !== undefined) return;
  if (out.json) await out.value({ password });
  else await out.line(password);
}

/** A variable that is there already stays: whatever was made with its password would be lost. */
async function addVariable(file: string, name: string, value: string): Promise<void> {
  if (!/^[A-Z_]\w*$/i.test(name)) throw new UsageError('--name must be the name of a variable');
  const before = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  if (new RegExp(`^\\s*(export\\s+)?${name}=`, 'm').test(before)) {
    throw new UsageError(`${name} is in the file already; remove it there first`);
  }
  const newline = before === '' || before.endsWith('\n') ? '' : '\n';
  await appendFile(file, `${newline}${name}=${value}\n`, { mode: 0o600 });
  await chmod(file, 0o600);
}
