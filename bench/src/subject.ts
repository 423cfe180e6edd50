import type { Operation } from './operations.ts';

/** One call; the number tells calls apart. */
export type Call = (i: number) => unknown;

/** What is measured. */
export interface Subject {
  readonly name: string;
  readonly calls: { readonly [operation in Operation]?: Call };
  close?(): unknown;
}

/** Subjects that are measured beside one another: the first is what the others are compared with. */
export interface Group {
  readonly name: string;
  readonly subjects: readonly Subject[];
  /** CPU time of the servers so far, in microseconds, where there are any. */
  readonly serverCpu?: () => Promise<number>;
  close(): Promise<void>;
}

/** Where the servers are. */
export interface Servers {
  readonly redis: { readonly host: string; readonly port: number; readonly password?: string | undefined };
  readonly cluster: readonly { readonly host: string; readonly port: number }[];
}

/** Closes all that was opened. */
export async function closeAll(subjects: readonly Subject[]): Promise<void> {
  await Promise.all(subjects.map((subject) => subject.close?.()));
}
