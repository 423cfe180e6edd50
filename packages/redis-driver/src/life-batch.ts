import type { OAuthDatabaseError } from '@oauthdb/core';
import { answersOf, JoinedCalls, type Member, type Sender } from './batch.ts';
import { runScript } from './run-script.ts';

interface Look extends Member<unknown> {
  readonly key: string;
}

/** Questions how long entries still live, which are sent as one call of the script: no command asks it of several keys. */
export class LifeBatch extends JoinedCalls<unknown, Look> {
  readonly #sender: Sender;

  constructor(sender: Sender) {
    super();
    this.#sender = sender;
  }

  /** What `PTTL` says of a key. */
  add(key: string, deadline: number): Promise<unknown> {
    return new Promise((resolve, reject) => this.push({ key, deadline, resolve, reject }, 1, 0));
  }

  protected sendAlone({ key, resolve, reject }: Look): void {
    this.#sender.send(key, ['PTTL', key]).then(resolve, reject);
  }

  protected sendTogether(members: readonly Look[]): void {
    // Whoever issues something asks about its client, and many at once about the same one.
    const keys: string[] = [];
    const places = members.map(({ key }) => {
      if (key !== keys.at(-1)) keys.push(key);
      return keys.length - 1;
    });
    runScript(this.#sender, keys, ['left'])
      .then((reply) => answersOf(reply, keys.length, keys[0] as string, this.#sender))
      .then(
        (left) => {
          for (const [i, { resolve }] of members.entries()) resolve(left[places[i] as number]);
        },
        (error: OAuthDatabaseError) => this.failTogether(members, error, this.#sender),
      );
  }
}
