import type { OAuthDatabase } from '@oauthdb/core';
import { MemoryOAuthDatabase } from '@oauthdb/memory';
import { describe, expect, it } from 'vitest';
import type { KeyValue } from '../src/key-value.ts';
import type { Measured } from '../src/operation.ts';
import { OPERATIONS, type Operation } from '../src/operations/index.ts';
import { slice } from '../src/slice.ts';
import type { Group } from '../src/subject.ts';
import { bareMap } from '../src/subjects/bare-map.ts';

// What is quick because it does nothing must not be measured as if it did.
const operations = Object.keys(OPERATIONS) as Operation[];
const group: Group = { name: 'test', subjects: [], close: async () => {} };
const three = (measured: Measured): Promise<unknown> => slice(measured, 3, 1, group);

/** Reads whose answers are all alike: one that was right before is right again. */
const ALIKE: readonly Operation[] = ['getToken', 'getTokens', 'getTokenExpiry', 'accessTokens.expiry'];

/** What is stored is what was there. */
const UNCHANGED: readonly Operation[] = ['replaceToken', 'clients.update'];

describe.each(operations)('%s', (operation) => {
  it('is measured when it does what it should', async () => {
    const db = new MemoryOAuthDatabase();
    await expect(three(OPERATIONS[operation].ours(db))).resolves.toBeDefined();
    await expect(three(bareOf(operation, bareMap()))).resolves.toBeDefined();
  });

  it('is not measured when the database answers nothing', async () => {
    const db = replaced(operation, async () => null);
    await expect(three(OPERATIONS[operation].ours(db))).rejects.toThrow('has not done what it should have');
  });

  it('is not measured when a command of the bare client does nothing', async () => {
    const used = new Set<string>();
    await three(bareOf(operation, bareMap(), (command) => !used.add(command)));
    expect(used.size).toBeGreaterThan(0);
    for (const broken of used) {
      if (broken === 'set' && UNCHANGED.includes(operation)) continue;
      const measured = bareOf(operation, bareMap(), (command) => command === broken);
      await expect(three(measured)).rejects.toThrow('has not done what it should have');
    }
  });
});

it.each(operations.filter((operation) => !ALIKE.includes(operation)))(
  '%s is not measured when the database answers, and does nothing',
  async (operation) => {
    let answer: unknown;
    const { call, ...sound } = OPERATIONS[operation].ours(new MemoryOAuthDatabase());
    await three({ ...sound, call: async (i) => (answer = await call(i)) });
    const db = replaced(operation, async () => answer);
    await expect(three(OPERATIONS[operation].ours(db))).rejects.toThrow('has not done what it should have');
  },
);

/** A database one method of which is another one. The method is what the operation's name begins with. */
function replaced(operation: Operation, method: () => Promise<unknown>): OAuthDatabase {
  const path = (operation.split(',')[0] ?? '').split('.');
  const inside = (object: object, [name, ...rest]: readonly string[]): object =>
    new Proxy(object, {
      get: (target, asked) => {
        const value: unknown = Reflect.get(target, asked, target);
        if (asked === name) return rest.length === 0 ? method : inside(value as object, rest);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
  return inside(new MemoryOAuthDatabase(), path) as OAuthDatabase;
}

/** The bare operation, by a client that does nothing for some commands while it is measured. */
function bareOf(
  operation: Operation,
  client: KeyValue,
  doesNothing: (command: string) => boolean = () => false,
): Measured {
  let isMeasured = false;
  const commands = Object.entries(client).map(
    ([name, command]: [string, (...args: unknown[]) => unknown]) => [
      name,
      (...args: unknown[]) => (isMeasured && doesNothing(name) ? undefined : command(...args)),
    ],
  );
  const measured = OPERATIONS[operation].bare(Object.fromEntries(commands) as KeyValue);
  if (measured === null) throw new Error(`a Map has no ${operation}`);
  const call = async (i: number): Promise<unknown> => {
    isMeasured = true;
    try {
      return await measured.call(i);
    } finally {
      isMeasured = false;
    }
  };
  return { ...measured, call };
}
