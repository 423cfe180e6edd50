import type { Command, Option } from 'commander';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;

export type Shell = (typeof SHELLS)[number];

/** What can stand in place of the last of the words that were typed behind `oauthdb`. */
export function candidates(program: Command, words: readonly string[]): string[] {
  const typed = words.at(-1) ?? '';
  let command = program;
  let pending: Option | undefined;
  for (const word of words.slice(0, -1)) {
    if (pending !== undefined) pending = undefined;
    else if (word.startsWith('-')) pending = takesValue(optionOf(command, word), word);
    else command = command.commands.find((one) => one.name() === word) ?? command;
  }
  return all(command, pending, typed)
    .filter((one) => one.startsWith(typed))
    .toSorted();
}

function all(command: Command, pending: Option | undefined, typed: string): readonly string[] {
  // Choices, or nothing: the shell then completes files.
  if (pending !== undefined) return pending.argChoices ?? [];
  if (typed.startsWith('-'))
    return chain(command).flatMap((one) => one.options.flatMap(({ long }) => long ?? []));
  const [argument] = command.registeredArguments;
  const commands = command.commands.map((one) => one.name()).filter((name) => name !== 'complete');
  return [...commands, ...(argument?.argChoices ?? [])];
}

function optionOf(command: Command, word: string): Option | undefined {
  const options = chain(command).flatMap((one) => one.options);
  return options.find(({ long, short }) => word === long || word === short);
}

function takesValue(option: Option | undefined, word: string): Option | undefined {
  return option !== undefined && option.required && !word.includes('=') ? option : undefined;
}

/** A command and those that it is part of: their options count there, too. */
function chain(command: Command): Command[] {
  return command.parent === null ? [command] : [command, ...chain(command.parent)];
}

/** What a shell reads; it asks `oauthdb complete`, so that it need not be made anew with each version. */
export function script(shell: Shell): string {
  return SCRIPTS[shell].trim();
}

const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: `
_oauthdb() {
  local IFS=$'\\n'
  COMPREPLY=($(oauthdb complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -o nosort -F _oauthdb oauthdb 2>/dev/null || complete -o default -F _oauthdb oauthdb
`,
  zsh: `
#compdef oauthdb
_oauthdb() {
  local -a found
  found=("\${(@f)$(oauthdb complete -- "\${(@)words[2,$CURRENT]}" 2>/dev/null)}")
  if [[ -n $found[1] ]]; then compadd -- $found; else _files; fi
}
if [[ $funcstack[1] == _oauthdb ]]; then _oauthdb "$@"; else compdef _oauthdb oauthdb; fi
`,
  fish: `
function __oauthdb_complete
  set -l words (commandline -opc) (commandline -ct)
  oauthdb complete -- $words[2..-1] 2>/dev/null
end
complete -c oauthdb -a '(__oauthdb_complete)'
`,
};
