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
    // Many ask about the same few: whoever issues something asks about its client.
    const keys = [...new Set(members.map(({ key }) => key))];
    runScript(this.#sender, keys, ['left'])
      .then((reply) => answersOf(reply, keys.length, keys[0] as string, this.#sender))
      .then(
        (answers) => {
          const left = new Map(keys.map((key, i) => [key, answers[i]]));
          for (const { key, resolve } of members) resolve(left.get(key));
        },
        (error: OAuthDatabaseError) => this.failTogether(members, error, this.#sender),
      );
  }
}
