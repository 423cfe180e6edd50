import type { Context } from './context.ts';
import { EXIT } from './exit-codes.ts';

/** Something to delete one by one. */
export interface Deletion {
  /** What they are called. */
  readonly one: string;
  readonly names: readonly string[];
  /** Whether there is such a one. */
  readonly exists: (name: string) => Promise<boolean>;
  /** Whether there was. */
  readonly remove: (name: string) => Promise<boolean>;
}

/** Deletes what was named, if nobody minds. Exits with 1 unless all of them were there. */
export async function deleteEach(
  context: Context,
  { one, names, exists, remove }: Deletion,
  dryRun = false,
): Promise<number> {
  if (!dryRun)
    await context.confirm(names.length === 1 ? `Delete the ${one}?` : `Delete ${names.length} (${one})?`);
  let count = 0;
  for (const name of new Set(names)) if (await (dryRun ? exists(name) : remove(name))) count++;
  const missing = new Set(names).size - count;
  const { out } = context;
  if (out.json) await out.value({ deleted: count, missing, dry_run: dryRun });
  else {
    await out.line(
      `${dryRun ? 'would delete' : 'deleted'} ${count}${missing === 0 ? '' : `; ${missing} not there`}`,
    );
  }
  return missing === 0 ? EXIT.ok : EXIT.no;
}
