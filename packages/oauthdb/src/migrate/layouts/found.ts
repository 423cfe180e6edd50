/** What another program keeps under a key. */
export interface Found {
  /** The key, without the prefix. */
  readonly name: string;
  readonly content: Content;
  /** When the backend gives it up, epoch milliseconds, as exactly as it says; `null`: never. */
  readonly endsAt: number | null;
}

export type Content =
  | { readonly type: 'string'; readonly text: string }
  /** The fields that were asked for, in their order. */
  | { readonly type: 'hash'; readonly fields: readonly (string | null)[] }
  | { readonly type: 'other' };

/** Reads what a program keeps, and changes nothing. */
export interface Reader {
  /** What is there from the beginning to the end, and perhaps what comes or goes meanwhile; one may come twice. */
  pieces(): AsyncIterable<readonly Found[]>;
  close(): Promise<void>;
}
