import type { Entry, OAuthDatabaseError } from '@oauthdb/core';
import { answersOf, JoinedCalls, type Member, type Sender } from './batch.ts';
import { notStringsError } from './errors.ts';

type Entries = (Entry | null)[];

interface Read extends Member<Entries> {
  readonly keys: readonly string[];
}

/** Reads that are sent as one `MGET`. */
export class ReadBatch extends JoinedCalls<Entries, Read> {
  readonly #sender: Sender;

  constructor(sender: Sender) {
    super();
    this.#sender = sender;
  }

  /** What is under `keys`, which are in one slot. */
  add(keys: readonly string[], deadline: number): Promise<Entries> {
    return new Promise((resolve, reject) => {
      this.push({ keys, deadline, resolve, reject }, keys.length, 0);
    });
  }

  protected sendAlone({ keys, resolve, reject }: Read): void {
    readAlone(keys, this.#sender).then(resolve, reject);
  }

  protected sendTogether(members: readonly Read[]): void {
    const command = ['MGET'];
    for (const { keys } of members) for (const key of keys) command.push(key);
    const key = command[1] as string;
    this.#sender
      .send(key, command)
      .then((reply) => valuesOf(reply, command.length - 1, key, this.#sender))
      .then(
        (values) => this.#settle(members, values),
        (error: OAuthDatabaseError) => this.failTogether(members, error, this.#sender),
      );
  }

  #settle(members: readonly Read[], values: readonly unknown[]): void {
    const unsure: Read[] = [];
    let at = 0;
    for (const member of members) {
      const { keys, resolve, reject } = member;
      const end = at + keys.length;
      try {
        if (keys.length === 1 && values[at] === null) unsure.push(member);
        else resolve(keys.length === 1 ? [entryOf(values[at])] : values.slice(at, end).map(entryOf));
      } catch (error) {
        reject(error);
      }
      at = end;
    }
    if (unsure.length > 0) void this.#verify(unsure);
  }

  /**
   * `MGET` calls absent what is of another type, and a failure must not look like that. Where there is something now, `GET` tells:
   * it fails, or the key was put later than it was read, and its absence stands.
   */
  async #verify(members: readonly Read[]): Promise<void> {
    const keys = members.map((member) => member.keys[0] as string);
    const some = this.#sender.send(keys[0] as string, ['EXISTS', ...keys]);
    // Who may not ask may have a look at each.
    const there = await some.then(Number, () => keys.length);
    for (const { keys: one, resolve, reject } of members) {
      if (there === 0) resolve([null]);
      else readAlone(one, this.#sender).then(() => resolve([null]), reject);
    }
  }
}

/** What is under `keys`, which are in one slot, at once. Of a single one it tells absence from another type. */
export function readAlone(
  keys: readonly string[],
  sender: Pick<Sender, 'send' | 'misled'>,
): Promise<Entries> {
  const key = keys[0] as string;
  if (keys.length === 1) return sender.send(key, ['GET', key]).then((value) => [entryOf(value)]);
  return sender
    .send(key, ['MGET', ...keys])
    .then((reply) => valuesOf(reply, keys.length, key, sender).map(entryOf));
}

/** What `MGET` gave for so many keys. */
function valuesOf(
  reply: unknown,
  count: number,
  key: string,
  sender: Pick<Sender, 'misled'>,
): readonly unknown[] {
  // Taken out of the reply, which a command of ioredis refers to until the next full garbage collection.
  return answersOf(reply, count, key, sender).splice(0);
}

function entryOf(value: unknown): Entry | null {
  if (typeof value === 'string') return { value, version: value };
  if (value === null) return null;
  throw notStringsError();
}
