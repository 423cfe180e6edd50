import { resolveOptions, type Finding } from '@oauthdb/core';
import { aclRules, applicationCommands, OPERATOR_COMMANDS } from '../../doctor/acl.ts';
import { examine } from '../../doctor/doctor.ts';
import type { Step } from '../../doctor/step.ts';
import type { Context } from '../context.ts';
import { examples } from '../examples.ts';
import { EXIT } from '../exit-codes.ts';
import type { Output } from '../output.ts';
import type { Cli } from '../program.ts';
import { printable } from '../text.ts';

interface Options {
  readonly acl?: boolean;
  readonly contents?: boolean;
}

export function addDoctor(cli: Cli): void {
  cli.program
    .command('doctor')
    .description('Find out what is wrong, what that means for tokens, and what to do about it')
    .option('--acl', 'print the rights that an application and an operator need, as lines of an ACL file')
    .option('--no-contents', 'without looking through everything that is stored')
    .addHelpText(
      'after',
      `${examples('oauthdb doctor', 'oauthdb doctor --json', 'oauthdb doctor --acl --key-prefix "my-app:tokens:"')}
Exits with 0 if all is well, 1 for warnings, 6 for errors, and with 3 or 4 where the database cannot be reached or used.
`,
    )
    .action(
      cli.action((context, options: Options) =>
        options.acl === true ? printAcl(context) : doctor(context, options),
      ),
    );
}

async function doctor(context: Context, { contents = true }: Options): Promise<number> {
  const { out } = context;
  const { url, options } = await context.settings;
  const steps: Step[] = [];
  const findings: Finding[] = [];
  for await (const told of examine({ url, options, contents })) {
    if ('step' in told) steps.push(told.step);
    else findings.push(told.finding);
    if (!out.json) await ('step' in told ? printStep(out, told.step) : printFinding(out, told.finding));
  }
  const exitCode = exitCodeFor(steps, findings);
  if (out.json) await out.value({ healthy: exitCode === EXIT.ok, steps, findings });
  else if (exitCode === EXIT.ok) await out.line(out.colors.green('All is well.'));
  return exitCode;
}

/** By what is worst. */
function exitCodeFor(steps: readonly Step[], findings: readonly Finding[]): number {
  const bad = steps.find(({ ok }) => !ok);
  if (findings.some(({ severity }) => severity === 'error')) return EXIT.sick;
  if (bad !== undefined)
    return ['name resolution', 'TCP', 'TLS'].includes(bad.name) ? EXIT.unreachable : EXIT.refused;
  return findings.some(({ severity }) => severity === 'warning') ? EXIT.no : EXIT.ok;
}

async function printStep(out: Output, { name, ok, detail, remedy }: Step): Promise<void> {
  const mark = ok ? out.colors.green('✓') : out.colors.red('✗');
  await out.line(`${mark} ${name}: ${printable(detail)}`);
  if (remedy !== undefined) await out.line(`    ${printable(remedy)}`);
}

async function printFinding(
  out: Output,
  { severity, code, message, meaning, remedy }: Finding,
): Promise<void> {
  const { red, yellow, cyan, dim } = out.colors;
  const paint = { error: red, warning: yellow, info: cyan }[severity];
  await out.line(`${paint(`${severity}:`)} ${printable(message)} ${dim(`(${code})`)}`);
  await out.line(`    means: ${printable(meaning)}`);
  await out.line(`    to do: ${printable(remedy)}`);
}

async function printAcl(context: Context): Promise<void> {
  const { keyPrefix, serverKeyPrefix, layout } = resolveOptions(await context.databaseOptions());
  const prefixes = [keyPrefix, serverKeyPrefix];
  const application = applicationCommands(context.urlIfNamed() ?? 'redis://localhost', layout);
  const operator = [...new Set([...application, ...OPERATOR_COMMANDS])];
  const { out } = context;
  if (out.json) return out.value({ prefixes, application, operator });
  // An ACL file knows no comments: they go elsewhere.
  out.note('an application; put its password behind "on", as >password or as # and its SHA-256:');
  await out.line(aclRules({ username: 'oauthdb', prefixes, commands: application }));
  out.note('and an operator: doctor, server, memory, connections, slowlog, monitor, backup --rdb:');
  await out.line(aclRules({ username: 'oauthdb-operator', prefixes, commands: operator }));
}
