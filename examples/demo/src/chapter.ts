/** What a chapter plays on. */
export interface Stage {
  /** The database to use. */
  readonly url: string;
  /** Begins the keys of the tokens that this run holds, so that it can share a database with others. */
  readonly keyPrefix: string;
  /** Begins the keys of what this run issues. */
  readonly serverKeyPrefix: string;
  /** 32 random bytes, which an application would get from where it keeps its secrets. */
  readonly key: Uint8Array;
  /** Begins a step: prints its title, and the lines of code from here to the next step, which then run. */
  readonly say: (title: string) => void;
  /** Prints a result of the step: a string as it is, anything else as Node.js shows it. */
  readonly show: (result: unknown) => void;
}

export interface Chapter {
  readonly title: string;
  /** The chapter's own `import.meta.url`: what is printed is read from there. */
  readonly file: string;
  readonly play: (stage: Stage) => Promise<void>;
}
