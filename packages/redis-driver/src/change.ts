import type { Change, Committed, Delete, Moment, Put, Tag } from '@oauthdb/core';
import { Operations } from './operations.ts';
import type { Runner } from './runner.ts';
import type { ScriptReply } from './script.ts';
import { slotOf } from './slot.ts';

/**
 * Makes a change by one call of the script.
 *
 * Lists come first, for they alone can fail half-way (when a key holds something else than a list): then more is listed than is
 * there, and never less.
 */
export function commitInOneStep(change: Change, at: Moment, runner: Runner): Promise<Committed> {
  const { take, checks = [], deletes = [], puts = [] } = change;
  const operations = new Operations();
  if (take !== undefined) operations.take(take);
  for (const check of checks) operations.check(check);
  for (const { tag, put } of tagsByList(puts)) operations.tag(tag, put, at.now);
  if (take !== undefined) operations.mark();
  for (const one of deletes) operations.delete(one);
  for (const put of puts) operations.put(put, at.now);
  if (deletes.length > 0) for (const tag of tagsToLeave(deletes, puts)) operations.untag(tag);
  if (operations.keys.length === 0) return Promise.resolve({ committed: true, deleted: 0 });
  return runner.run(operations, at).then(committed);
}

/** The tags of what is put; those of one list stand next to each other, so that the script looks after it once. */
function tagsByList(puts: readonly Put[]): { readonly tag: Tag; readonly put: Put }[] {
  const tags: { readonly tag: Tag; readonly put: Put }[] = [];
  for (const put of puts) if (put.tags !== undefined) for (const tag of put.tags) tags.push({ tag, put });
  if (puts.length > 1) tags.sort((a, b) => (a.tag.name < b.tag.name ? -1 : Number(a.tag.name > b.tag.name)));
  return tags;
}

export function committed({ outcome, deleted }: ScriptReply): Committed {
  if (outcome === 'done') return { committed: true, deleted };
  return { committed: outcome === 'again', deleted: 0 };
}

/** The tags of what is deleted, without those that something is put under in the same change. */
export function tagsToLeave(deletes: readonly Delete[], puts: readonly Put[]): Tag[] {
  const left = deletes.flatMap(({ tags = [] }) => tags);
  if (left.length === 0) return left;
  const kept = new Map<string, Set<string>>();
  for (const { name, member } of puts.flatMap(({ tags = [] }) => tags)) {
    kept.set(name, (kept.get(name) ?? new Set()).add(member));
  }
  return left.filter(({ name, member }) => kept.get(name)?.has(member) !== true);
}

/** The slots that a change touches. */
export function slotsOf({ take, checks = [], deletes = [], puts = [] }: Change): Set<number> {
  const slots = new Set<number>();
  if (take !== undefined) slots.add(slotOf(take.key));
  for (const { key } of checks) slots.add(slotOf(key));
  for (const { key, tags = [] } of [...deletes, ...puts]) {
    slots.add(slotOf(key));
    for (const { name } of tags) slots.add(slotOf(name));
  }
  return slots;
}
