import type { OAuthDatabaseError } from '@oauthdb/core';
import { answersOf, JoinedCalls, type Member, type Sender } from './batch.ts';
import { runScript } from './run-script.ts';

type Lives = (number | null)[];

interface Look extends Member<Lives> {
  readonly key: string;
}

/** Questions how long entries still live, which are sent as one call of the script: no command asks it of several keys. */
export class LifeBatch extends JoinedCalls<Lives, Look> {
  readonly #sender: Sender;

  constructor(sender: Sender) {
    super();
    this.#sender = sender;
  }

  /** How long what is under a key still lives. */
  add(key: string, deadline: number): Promise<Lives> {
    return new Promise((resolve, reject) => this.push({ key, deadline, resolve, reject }, 1, 0));
  }

  protected sendAlone({ key, resolve, reject }: Look): void {
    lifeAlone(key, this.#sender).then(resolve, reject);
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
          for (const [i, { resolve }] of members.entries()) resolve([lifeOf(left[places[i] as number])]);
        },
        (error: OAuthDatabaseError) => this.failTogether(members, error, this.#sender),
      );
  }
}

/** How long what is under a key still lives, asked at once. */
export function lifeAlone(key: string, sender: Pick<Sender, 'send'>): Promise<Lives> {
  return sender.send(key, ['PTTL', key]).then((reply) => [lifeOf(reply)]);
}

/** What `PTTL` says, as the contract of a driver has it. */
function lifeOf(reply: unknown): number | null {
  const ms = Number(reply);
  if (ms === -2) return null;
  return ms === -1 ? Infinity : ms;
}
