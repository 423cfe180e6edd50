import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { isOAuthDatabaseError, type OAuthDatabaseErrorCode } from '../error.ts';

export const hour = 3_600_000;

/** Runs `work` as many times at once, and gives what came of it. */
export function contend<T>(times: number, work: (i: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: times }, (_, i) => work(i)));
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** Asserts that `work` is refused as misuse, in words that do not show `secret`. */
export async function refuses(work: () => Promise<unknown>, says: RegExp, secret?: string): Promise<void> {
  await assert.rejects(work, (error: Error) => {
    assert.equal(error.name, 'TypeError', `expected a TypeError, got ${error.name}: ${error.message}`);
    assert.match(error.message, says);
    if (secret !== undefined)
      assert.ok(!error.message.includes(secret), 'the message shows what was passed in');
    return true;
  });
}

/** Asserts that `work` fails for a reason that is not in its arguments. */
export async function fails(work: () => Promise<unknown>, ...codes: OAuthDatabaseErrorCode[]): Promise<void> {
  await assert.rejects(work, (error: Error) => {
    assert.ok(isOAuthDatabaseError(error), `expected an OAuthDatabaseError, got ${error.name}`);
    if (codes.length > 0)
      assert.ok(codes.includes(error.code), `expected ${codes.join(' or ')}, got ${error.code}`);
    return true;
  });
}

const ODD: readonly string[] = [
  ...['*', '?', '[', ']', '{', '}', '\\', ':', '%', '_', '^', '-', 'a', 'b'],
  ...['\0', '\n', 'é', 'e\u0301', '\u{1f600}', '\ufffd'],
];

/** A text of so many characters that mean something somewhere. */
export function oddText(length: number): string {
  return Array.from({ length }, () => ODD[randomInt(ODD.length)]).join('');
}
