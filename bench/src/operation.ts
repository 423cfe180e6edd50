import type { OAuthDatabase } from '@oauthdb/core';
import type { KeyValue } from './key-value.ts';

/** How one subject does one operation. */
export interface Measured {
  /** Makes ready what the calls of these numbers need, the last one excluded: not measured. */
  readonly ready?: (first: number, end: number) => Promise<unknown>;
  /** One call; the number tells calls apart. */
  readonly call: (i: number) => unknown;
  /** Whether a call has done what it should have: not measured. */
  readonly isRight: (answer: unknown, i: number) => boolean | Promise<boolean>;
}

/** An operation that is measured, and what it is compared with. */
export interface Compared {
  /** What a server is sent for it by the bare client. */
  readonly command: string;
  /** How a bare client does it; `null` if it has no such command. */
  bare(client: KeyValue): Measured | null;
  ours(db: OAuthDatabase): Measured;
}

/** What is made ready once, for all calls. */
export function once(prepare: () => Promise<unknown>): () => Promise<unknown> {
  let prepared: Promise<unknown> | undefined;
  return () => (prepared ??= prepare());
}

/** How many calls are under way where that is not what is measured. */
const AT_ONCE = 64;

/** Calls with the numbers from one up to another, many at once. */
export async function each(first: number, end: number, call: (i: number) => unknown): Promise<void> {
  let next = first;
  const worker = async (): Promise<void> => {
    while (next < end) await call(next++);
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, end - first) }, worker));
}
