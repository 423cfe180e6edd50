import type { Change, Committed, Delete, Moment, Put, Tag, TagName } from '@oauthdb/core';
import { life, Operations } from './operations.ts';
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
  operations.check(checks);
  for (const listed of together(listedBy(puts, ({ expiresAt }) => life(expiresAt, at.now))))
    operations.tag(listed, false);
  if (take !== undefined) operations.mark(false);
  for (const one of deletes) operations.delete(one);
  for (const put of puts) operations.put(put, at.now);
  if (deletes.length > 0) for (const tag of tagsToLeave(deletes, puts)) operations.untag(tag);
  if (operations.keys.length === 0) return Promise.resolve({ committed: true, deleted: 0 });
  return runner.run(operations, at).then(committed);
}

/** What is put on lists: on one that others share, or on any number of others. */
export interface Listed {
  readonly lists: TagName[];
  /** Of each entry its member and its life, as the script takes them. */
  readonly members: string[];
}

/** How many members one command of a script may name: there is a limit to its arguments. */
const MEMBERS = 1000;

/** What is listed where: each list is written to, and looked after, once. */
export function listedBy(puts: readonly Put[], lifeOf: (put: Put) => string): Listed[] {
  const open = new Map<string, Listed>();
  const all: Listed[] = [];
  for (const put of puts) {
    if (put.tags === undefined || put.tags.length === 0) continue;
    const left = lifeOf(put);
    for (const tag of put.tags) {
      const listed = open.get(tag.name);
      if (listed === undefined || listed.members.length === 2 * MEMBERS) {
        const one = { lists: [tag], members: [tag.member, left] };
        open.set(tag.name, one);
        all.push(one);
      } else {
        listed.members.push(tag.member, left);
      }
    }
  }
  return all;
}

/** Names lists together that stand next to each other and get the same. */
function together(all: readonly Listed[]): Listed[] {
  const joined: Listed[] = [];
  for (const one of all) {
    const last = joined.at(-1);
    if (last !== undefined && isAlike(last, one)) last.lists.push(...one.lists);
    else joined.push(one);
  }
  return joined;
}

function isAlike(one: Listed, other: Listed): boolean {
  if (one.lists[0]?.shared === true || other.lists[0]?.shared === true) return false;
  if (one.members.length !== other.members.length) return false;
  return one.members.every((text, i) => other.members[i] === text);
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
