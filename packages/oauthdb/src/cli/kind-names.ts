import { InvalidArgumentError } from 'commander';
import { exportedKinds, type ExportedKind } from '@oauthdb/core';
import { nouns } from './kinds.ts';

/** What the kinds are called here: as the commands are. */
export const kindNames: Readonly<Record<ExportedKind, string>> = {
  ...(Object.fromEntries(nouns.map(({ kind, name }) => [kind, name])) as Record<ExportedKind, string>),
  held: 'tokens',
};

/** `tokens,clients`: kinds. */
export function kindList(text: string): ExportedKind[] {
  return text.split(',').map((name) => {
    const kind = exportedKinds.find((one) => kindNames[one] === name.trim());
    if (kind === undefined)
      throw new InvalidArgumentError(`They are ${exportedKinds.map((one) => kindNames[one]).join(', ')}.`);
    return kind;
  });
}

/** `3 clients, 7 access-tokens`: what there is any of. */
export function countsOf(counts: Readonly<Record<ExportedKind, number>>): string {
  const some = exportedKinds.filter((kind) => counts[kind] > 0);
  return some.length === 0 ? 'nothing' : some.map((kind) => `${counts[kind]} ${kindNames[kind]}`).join(', ');
}
