import type { OAuthDatabaseError } from '@oauthdb/core';
import { JoinedCalls, type Member, type Sender } from './batch.ts';

type Values = readonly unknown[];

interface Read extends Member<Values> {
  readonly keys: readonly string[];
}

/** Reads that are sent as one `MGET`. */
export class ReadBatch extends JoinedCalls<Values, Read> {
  readonly #sender: Sender;

  constructor(sender: Sender) {
    super();
    this.#sender = sender;
  }

  /** The values of `keys`, which are in one slot. */
  add(keys: readonly string[], deadline: number): Promise<Values> {
    return new Promise((resolve, reject) => {
      this.push({ keys, deadline, resolve, reject }, keys.length, 0);
    });
  }

  protected sendAlone({ keys, resolve, reject }: Read): void {
    readAlone(keys, this.#sender).then(resolve, reject);
  }

  protected sendTogether(members: readonly Read[]): void {
    const keys = members.flatMap((member) => member.keys);
    this.#sender.send(keys[0] as string, ['MGET', ...keys]).then(
      (reply) => this.#settle(members, reply as Values),
      (error: OAuthDatabaseError) => this.failTogether(members, error, this.#sender),
    );
  }

  #settle(members: readonly Read[], values: Values): void {
    const unsure: Read[] = [];
    let at = 0;
    for (const member of members) {
      const end = at + member.keys.length;
      if (end === at + 1 && values[at] === null) unsure.push(member);
      else member.resolve(values.slice(at, end));
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

/** The values of `keys`, which are in one slot, at once. Of a single one it tells absence from another type. */
export async function readAlone(keys: readonly string[], sender: Pick<Sender, 'send'>): Promise<Values> {
  const key = keys[0] as string;
  if (keys.length === 1) return [await sender.send(key, ['GET', key])];
  return (await sender.send(key, ['MGET', ...keys])) as Values;
}
