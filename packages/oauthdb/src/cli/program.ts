import { Command } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import { Context } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { addGlobalOptions, type GlobalOptions } from './global-options.ts';
import type { Terminal } from './prompt.ts';
import { commands } from './commands/index.ts';

export interface ProgramOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  /** Called with what a command that did not fail exits with. */
  readonly exit: (code: number) => void;
}

/** What a command does: its arguments as commander gives them, and what it exits with; nothing for 0. */
export type Work<A extends readonly unknown[]> = (context: Context, ...args: A) => Promise<number | void>;

/** What the files of commands add themselves to. */
export interface Cli {
  readonly program: Command;
  /** Makes what commander calls of what a command does: with a context, which is closed at the end. */
  action<A extends readonly unknown[]>(work: Work<A>): (this: Command, ...args: unknown[]) => Promise<void>;
}

/** The whole tree of commands. */
export function createProgram({ env, terminal, signal, exit }: ProgramOptions): Command {
  const program = new Command('oauthdb')
    .description('Look after a database of OAuth tokens: on Redis, Redis Cluster, SQLite or in a backup.')
    .version(manifest.version)
    .helpCommand('help [command]')
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
    });
  addGlobalOptions(program);
  const cli: Cli = {
    program,
    action: (work) =>
      async function (this: Command, ...args) {
        const options = this.optsWithGlobals<GlobalOptions>();
        await using context = new Context(options, env, terminal, signal);
        const done = work(context, ...(args.slice(0, -1) as never));
        const code = await Promise.race([done, context.aborted()]);
        exit(code ?? EXIT.ok);
      },
  };
  for (const add of commands) add(cli);
  return program;
}
