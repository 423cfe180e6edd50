import { lateError, monotonicNow, type OAuthDatabaseError } from '@oauthdb/core';
import { misledError } from './errors.ts';

/** How many keys are sent together at the most, so that the server is never busy with a batch for longer than a millisecond or two. */
const MAX_KEYS = 128;

/** How many characters of arguments are sent together at the most; what is longer by itself is sent by itself. */
const MAX_LENGTH = 64 * 1024;

/** From how many calls on two commands cost less than the time in which server and client would wait for each other. */
const MIN_HALVED = 32;

/** What waits for the end of a turn, to be sent as one. */
export interface Batch {
  /**
   * Sends it, but for what nobody waits for any more.
   *
   * @param inHalves - whether a large one is sent as two, so that the server does the second while the callers of the first go on.
   */
  send(inHalves: boolean): void;
  /** Gives it up. */
  fail(error: OAuthDatabaseError): void;
}

/** Sends commands of a batch. */
export interface Sender {
  send(key: string, args: readonly string[]): Promise<unknown>;
  /** Called when the answer for a key was not the one to what was asked. */
  misled(key: string): void;
  /** Called when the server has refused a batch whose calls may go through one by one. */
  refused(error: OAuthDatabaseError): void;
}

/** One call of a batch. */
export interface Member<Answer> {
  readonly deadline: number;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/** Calls of one kind, of which the order is kept. */
export abstract class JoinedCalls<Answer, One extends Member<Answer>> implements Batch {
  #members: One[] = [];
  #keys = 0;
  #length = 0;

  /** Whether so much fits in besides. */
  hasRoom(keys: number, length: number): boolean {
    return this.#keys + keys <= MAX_KEYS && this.#length + length <= MAX_LENGTH;
  }

  send(inHalves: boolean): void {
    const now = monotonicNow();
    let members = this.#members;
    if (members.some(({ deadline }) => now > deadline)) {
      for (const { deadline, reject } of members) if (now > deadline) reject(lateError());
      members = members.filter(({ deadline }) => now <= deadline);
    }
    if (inHalves && members.length >= MIN_HALVED) {
      const half = members.length >> 1;
      this.#sendSome(members.slice(0, half));
      this.#sendSome(members.slice(half));
    } else {
      this.#sendSome(members);
    }
  }

  #sendSome(members: readonly One[]): void {
    const [first] = members;
    if (first === undefined) return;
    if (members.length === 1) this.sendAlone(first);
    else this.sendTogether(members);
  }

  fail(error: OAuthDatabaseError): void {
    for (const { reject } of this.#members) reject(error);
  }

  protected push(member: One, keys: number, length: number): void {
    this.#members.push(member);
    this.#keys += keys;
    this.#length += length;
  }

  protected abstract sendAlone(member: One): void;
  protected abstract sendTogether(members: readonly One[]): void;

  /**
   * Settles what was sent together and failed. What the server has refused as a whole, without doing any of it, may be the fault of
   * one call: each is sent by itself then, in their order.
   */
  protected failTogether(members: readonly One[], error: OAuthDatabaseError, sender: Sender): void {
    if (error.outcome !== 'not_executed') {
      for (const { reject } of members) reject(error);
      return;
    }
    sender.refused(error);
    for (const member of members) this.sendAlone(member);
  }
}

/** The answers about so many keys, of which `key` is the first; what is something else belongs to another call. */
export function answersOf(
  reply: unknown,
  count: number,
  key: string,
  sender: Pick<Sender, 'misled'>,
): unknown[] {
  if (Array.isArray(reply) && reply.length === count) return reply;
  sender.misled(key);
  throw misledError();
}
