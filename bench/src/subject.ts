import type { OAuthDatabase } from '@oauthdb/core';
import type { KeyValue } from './key-value.ts';
import type { Measured } from './operation.ts';
import { OPERATIONS, type Operation } from './operations/index.ts';

/** What is measured. */
export interface Subject {
  readonly name: string;
  readonly operations: Operations;
  close?(): unknown;
}

export type Operations = { readonly [operation in Operation]?: Measured | null };

/** Subjects that are measured beside one another: the first is what the others are compared with. */
export interface Group {
  readonly name: string;
  readonly subjects: readonly Subject[];
  /** CPU time of the servers so far, in microseconds, where there are any. */
  readonly serverCpu?: () => Promise<number>;
  close(): Promise<void>;
}

/** Where the servers are. They are emptied. */
export interface Servers {
  readonly redis: { readonly host: string; readonly port: number; readonly password?: string | undefined };
  readonly cluster: readonly { readonly host: string; readonly port: number }[];
}

/** What some keys and values can do of the operations, all of them or these. */
export function keyValues(name: string, client: KeyValue, only = all): Subject {
  return { name, operations: operationsOf((operation) => OPERATIONS[operation].bare(client), only) };
}

/** A database of this project. */
export function oauthdb(name: string, db: OAuthDatabase): Subject {
  return {
    name,
    operations: operationsOf((operation) => OPERATIONS[operation].ours(db)),
    close: () => db.close(),
  };
}

const all = Object.keys(OPERATIONS) as readonly Operation[];

function operationsOf(of: (operation: Operation) => Measured | null, some = all): Operations {
  return Object.fromEntries(some.map((operation) => [operation, of(operation)]));
}

/** Closes all that was opened. */
export async function closeAll(subjects: readonly Subject[]): Promise<void> {
  await Promise.all(subjects.map((subject) => subject.close?.()));
}
