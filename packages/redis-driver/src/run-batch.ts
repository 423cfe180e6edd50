import { monotonicNow, type OAuthDatabaseError } from '@oauthdb/core';
import { JoinedCalls, type Member, type Sender } from './batch.ts';
import type { ServerClock } from './clock.ts';
import { commandError } from './errors.ts';
import type { Operations } from './operations.ts';
import { callScript } from './run-script.ts';
import { parseReplies, type ScriptReply } from './script.ts';

interface Run extends Member<ScriptReply> {
  readonly operations: Operations;
}

export interface RunSender extends Sender {
  /** Runs the script for one call, until it is not refused for a clock that was set. */
  run(operations: Operations, deadline: number): Promise<ScriptReply>;
}

/** Runs of the script that are sent as one, and still are as many: each has its deadline, and fails by itself. */
export class RunBatch extends JoinedCalls<ScriptReply, Run> {
  readonly #sender: RunSender;
  readonly #clock: ServerClock;
  #hasRemoval = false;

  constructor(sender: RunSender, clock: ServerClock) {
    super();
    this.#sender = sender;
    this.#clock = clock;
  }

  /**
   * Whether a call may come next. A server that is full refuses what adds until a script has removed something, and none of the rest
   * then: what adds is not joined to what only removes.
   */
  takes({ keys, length, adds }: Operations): boolean {
    return this.hasRoom(keys.length, length) && !(adds && this.#hasRemoval);
  }

  add(operations: Operations, deadline: number): Promise<ScriptReply> {
    if (!operations.adds) this.#hasRemoval = true;
    return new Promise((resolve, reject) => {
      const { keys, length } = operations;
      this.push({ operations, deadline, resolve, reject }, keys.length, length);
    });
  }

  protected sendAlone({ operations, deadline, resolve, reject }: Run): void {
    this.#sender.run(operations, deadline).then(resolve, reject);
  }

  protected sendTogether(members: readonly Run[]): void {
    this.#run(members).then(
      (replies) => {
        for (const [i, member] of members.entries()) this.#settle(member, replies[i] as ScriptReply);
      },
      (error: OAuthDatabaseError) => this.failTogether(members, error, this.#sender),
    );
  }

  async #run(members: readonly Run[]): Promise<readonly ScriptReply[]> {
    const { keys, args } = this.#join(members);
    const sentAt = monotonicNow();
    const { time, replies } = await callScript(this.#sender, keys, args, (raw, call) =>
      parseReplies(raw, members.length, call),
    );
    this.#clock.learn(time, sentAt, monotonicNow());
    return replies;
  }

  #settle(member: Run, reply: ScriptReply): void {
    if (reply.outcome === 'error') member.reject(commandError(new Error(reply.value)));
    // It is not late here: the server's clock was set, and is known better now.
    else if (reply.outcome === 'late') this.sendAlone(member);
    else member.resolve(reply);
  }

  /** What the script takes; neighbours of one form are put together, and those for which there is a short form most shortly. */
  #join(members: readonly Run[]): { keys: string[]; args: string[] } {
    const keys: string[] = [];
    const args = ['', String(this.#clock.uncertainty)];
    // What the calls of the present row share, how many they are, and where that number stands.
    let form = '';
    let calls = 0;
    let row = 0;
    for (const { operations, deadline } of members) {
      const till = String(this.#clock.at(deadline));
      const { short } = operations;
      const own = short === null ? operations.args : short.args;
      const next =
        short === null ? `${till} ${operations.keys.length} ${own.length}` : `${till} ${short.verb}`;
      if (form !== next) {
        if (short === null) args.push(till, String(operations.keys.length), String(own.length), '');
        else args.push(till, short.verb, '');
        row = args.length - 1;
        form = next;
        calls = 0;
      }
      args[row] = String(++calls);
      for (const key of operations.keys) keys.push(key);
      for (const arg of own) args.push(arg);
    }
    return { keys, args };
  }
}
