import type { Command } from 'commander';
import { Argument } from 'commander';
import { candidates, SHELLS, script, type Shell } from '../completion.ts';
import { examples } from '../examples.ts';
import type { Cli } from '../program.ts';

export function addCompletion(cli: Cli): void {
  cli.program
    .command('completion')
    .description('Print a script that completes what is typed')
    .addArgument(new Argument('<shell>').choices(SHELLS))
    .addHelpText(
      'after',
      examples(
        'eval "$(oauthdb completion bash)"                                  # in ~/.bashrc',
        'oauthdb completion zsh > "${fpath[1]}/_oauthdb"',
        'oauthdb completion fish > ~/.config/fish/completions/oauthdb.fish',
      ),
    )
    .action(cli.action((context, shell: Shell) => context.out.line(script(shell))));
  cli.program
    .command('complete', { hidden: true })
    .argument('[words...]')
    .allowUnknownOption()
    .action(
      cli.action(async (context, words: string[]) => {
        for (const one of candidates(root(cli.program), words)) await context.out.line(one);
      }),
    );
}

function root(command: Command): Command {
  return command.parent === null ? command : root(command.parent);
}
