import {
  monotonicNow,
  isOAuthDatabaseError,
  OAuthDatabaseError,
  type Change,
  type Committed,
  type Moment,
  type Put,
  type Tag,
} from '@oauthdb/core';
import { committed, listedBy, tagsToLeave } from './change.ts';
import { lifeAfter, Operations } from './operations.ts';
import type { Runner } from './runner.ts';
import type { ScriptReply } from './script.ts';
import { slotOf } from './slot.ts';

/**
 * Makes a change whose keys are in several slots of a cluster, which no single step can: *prepare what nobody can see yet, decide
 * on one key, clean up*. In every state in between, whatever can be read is listed.
 *
 * If it ends half-way, new entries may stay that nobody knows of, until they expire; nothing is taken back then, for a repeat of
 * the change may be under way already.
 */
export function commitInOrder(change: Change, at: Moment, runner: Runner): Promise<Committed> {
  const { take, checks = [] } = change;
  const asked = [...(take === undefined ? [] : [take]), ...checks].map(({ key }) => slotOf(key));
  const [slot] = asked;
  if (slot === undefined) return write(change, at, runner);
  if (asked.some((other) => other !== slot)) {
    const message = 'a change can depend on keys of one slot only: give all prefixes the same hash tag';
    return Promise.reject(
      new OAuthDatabaseError('OAUTHDB_UNSUPPORTED', message, { outcome: 'not_executed' }),
    );
  }
  return decide(change, slot, at, runner);
}

/** A change that asks for nothing: lists, entries, deletes, and what was deleted is taken off its lists. */
async function write({ puts = [], deletes = [] }: Change, at: Moment, runner: Runner): Promise<Committed> {
  const left = at.deadline - monotonicNow();
  const putKeys = new Set(puts.map(({ key }) => key));
  await new Step().tag(puts, at.now, left).run(at, runner);
  const written = new Step();
  for (const one of deletes) if (putKeys.has(one.key)) written.at(one.key).delete(one);
  for (const put of puts) written.put(put, at.now, left);
  const cleared = new Step();
  for (const one of deletes) if (!putKeys.has(one.key)) cleared.at(one.key).delete(one);
  const replies = await written.run(at, runner);
  return partly(async () => {
    const more = await cleared.run(at, runner);
    await new Step().untag(tagsToLeave(deletes, puts)).run(at, runner);
    return { committed: true, deleted: count(replies) + count(more) };
  }, replies.length > 0);
}

async function decide(change: Change, slot: number, at: Moment, runner: Runner): Promise<Committed> {
  const { take, checks = [], puts = [], deletes = [] } = change;
  const left = at.deadline - monotonicNow();
  const inside = ({ key }: { readonly key: string }): boolean => slotOf(key) === slot;
  const outside = (one: { readonly key: string }): boolean => !inside(one);

  // Lists first, and at the same time a look at whether the rest is worth while.
  const listing = new Step().tag(puts, at.now, left).run(at, runner);
  const [seen] = await Promise.all([runner.run(askingFor(change), at), listing]);
  const prepared = new Step();
  if (seen.outcome === 'done') for (const put of puts.filter(outside)) prepared.put(put, at.now, left);
  const preparations = await prepared.run(at, runner);

  let decision = seen;
  if (seen.outcome === 'done') {
    const deciding = askingFor(change);
    if (take !== undefined) deciding.mark(false);
    for (const one of deletes.filter(inside)) deciding.delete(one);
    for (const put of puts.filter(inside)) putInto(deciding, put, at.now, left);
    decision = await partly(() => runner.run(deciding, at), preparations.length > 0);
  }

  const { committed: won, deleted } = committed(decision);
  const there = decision.outcome === 'failed' ? await thereAlready(puts.filter(outside), at, runner) : [];
  if (there.length > 0 && (await wasMade(puts.filter(inside), at, runner)))
    return { committed: true, deleted: 0 };
  const cleared = new Step();
  if (won) for (const one of deletes.filter(outside)) cleared.at(one.key).delete(one);
  else if (seen.outcome === 'done') for (const put of puts.filter(outside)) cleared.at(put.key).delete(put);
  // What was asked for may be there, put by somebody else, and listed; so may what an earlier run of this change has left.
  const listed = new Set([take, ...checks].map((one) => one?.key));
  if (seen.outcome !== 'done') for (const { key } of there) listed.add(key);
  const unmade = puts.filter(({ key }) => !listed.has(key)).flatMap(({ tags = [] }) => tags);
  return partly(
    async () => {
      const more = count(await cleared.run(at, runner));
      await new Step().untag(won ? tagsToLeave(deletes, puts) : unmade).run(at, runner);
      return { committed: won, deleted: decision.outcome === 'done' ? deleted + more : 0 };
    },
    won || preparations.length > 0,
  );
}

/** Which of the entries that a change prepares are there, as an earlier run of it may have left them. */
async function thereAlready(puts: readonly Put[], at: Moment, runner: Runner): Promise<readonly Put[]> {
  const values = await Promise.all(puts.map(({ key }) => runner.send(key, ['GET', key], at)));
  return puts.filter((_, i) => values[i] !== null);
}

/**
 * Whether an earlier run of a change was made, and its answer lost: what it puts where it decides is there. That something is not
 * there says nothing, for a rival may have deleted it.
 */
async function wasMade(decided: readonly Put[], at: Moment, runner: Runner): Promise<boolean> {
  const values = await Promise.all(decided.map(({ key }) => runner.send(key, ['GET', key], at)));
  return decided.length > 0 && decided.every(({ value }, i) => values[i] === value);
}

/** Runs the rest of a change. Once something that can be seen `isDone`, no failure means that nothing was changed. */
async function partly<T>(rest: () => Promise<T>, isDone: boolean): Promise<T> {
  try {
    return await rest();
  } catch (error) {
    throw isDone ? uncertain(error) : error;
  }
}

function uncertain(error: unknown): unknown {
  if (!isOAuthDatabaseError(error) || error.outcome === 'unknown') return error;
  return new OAuthDatabaseError(error.code, error.message, { outcome: 'unknown', cause: error.cause });
}

function askingFor({ take, checks = [] }: Change): Operations {
  const operations = new Operations();
  if (take !== undefined) operations.take(take);
  operations.check(checks);
  return operations;
}

function isNotExecuted(error: unknown): boolean {
  return isOAuthDatabaseError(error) && error.outcome === 'not_executed';
}

function count(replies: readonly ScriptReply[]): number {
  return replies.reduce((sum, { deleted }) => sum + deleted, 0);
}

/** What was listed in an earlier step must not live longer than it is listed. */
function putInto(operations: Operations, put: Put, now: number, left: number): void {
  if (put.tags === undefined || put.tags.length === 0) operations.put(put, now);
  else operations.putListed(put, now, left);
}

/** What may happen at the same time: one call of the script per slot. */
class Step {
  readonly #bySlot = new Map<number, Operations>();

  at(key: string): Operations {
    const slot = slotOf(key);
    const operations = this.#bySlot.get(slot) ?? new Operations();
    this.#bySlot.set(slot, operations);
    return operations;
  }

  /** Lists entries that are put in a later step. */
  tag(puts: readonly Put[], now: number, left: number): this {
    for (const listed of listedBy(puts, ({ expiresAt }) => lifeAfter(expiresAt, now, left))) {
      for (const { name } of listed.lists) this.at(name).tag(listed, true);
    }
    return this;
  }

  put(put: Put, now: number, left: number): void {
    putInto(this.at(put.key), put, now, left);
  }

  untag(tags: readonly Tag[]): this {
    for (const tag of tags) this.at(tag.name).untag(tag);
    return this;
  }

  /** Settles when all of it has. A failure means that nothing was changed only if that is so in every slot. */
  async run(at: Moment, runner: Runner): Promise<ScriptReply[]> {
    const runs = await Promise.allSettled(
      [...this.#bySlot.values()].map((operations) => runner.run(operations, at)),
    );
    const failed = runs.filter((run) => run.status === 'rejected').map(({ reason }): unknown => reason);
    if (failed.length > 0) {
      const isSure = failed.length === runs.length && failed.every(isNotExecuted);
      throw isSure ? failed[0] : uncertain(failed[0]);
    }
    return runs.flatMap((run) => (run.status === 'fulfilled' ? [run.value] : []));
  }
}
