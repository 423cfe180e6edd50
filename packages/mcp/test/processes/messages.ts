/** What a process is to do. */
export interface Job {
  readonly store:
    | { readonly path: string }
    | { readonly url: string; readonly keyPrefix: string; readonly serverKeyPrefix: string };
  readonly serverUrl: string;
  readonly refreshLease: number;
}

export type ToChild = 'begin' | 'go';

export type FromChild =
  | { readonly has: 'started' | 'read' }
  | { readonly has: 'ended'; readonly result: string; readonly token: string | undefined };
