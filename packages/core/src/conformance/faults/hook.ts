import type { Driver } from '../../driver.ts';

/** How a backend can be broken, and how it is repaired. Fulfilled when it is done. */
export interface Faults {
  /** It stops answering, with every connection left open, and new ones taken; for a file: somebody else holds its lock. */
  hang(): Promise<void>;
  /** Ends `hang`, `dropReplies`, `garble` and `delay`. What was sent meanwhile may arrive now. */
  resume(): Promise<void>;
  /** Breaks every connection there is, whatever is under way on it; new ones are fine. */
  cut(): Promise<void>;
  /** It ends as by a crash, and nobody is there. */
  kill(): Promise<void>;
  /** It is there again after `kill`, with all that it acknowledged if it `supports.permanence`. */
  restart(): Promise<void>;
  /** It has no room left for what is written, and says so. */
  fill(): Promise<void>;
  /** It has room again. */
  free(): Promise<void>;
  /** It carries out what it is asked, and its answers are lost until `resume`. */
  dropReplies(): Promise<void>;
  /** Among its answers are some that make no sense, until `resume`. */
  garble(): Promise<void>;
  /** It answers so many milliseconds late, until `resume`. */
  delay(ms: number): Promise<void>;
}

export type FaultName = keyof Faults;

/** Something that anybody sees who looks at a store from outside. */
export interface Exposed {
  /** For whoever has to find it, such as the name of a file. */
  readonly where: string;
  readonly bytes: Uint8Array;
}

/** A store that one case may break, as nobody else uses it. */
export interface BreakableStore extends Partial<Faults> {
  /** Opens one more driver, by the way that the faults are in. */
  open(options: { readonly commandTimeout: number }): Driver | Promise<Driver>;
  /** Opens a driver that `cut`, `dropReplies`, `garble` and `delay` do not reach: to see what is in the store. */
  beside(): Driver | Promise<Driver>;
  /** What no error may show, such as the password with which it is opened. */
  readonly secrets?: readonly string[];
  /**
   * What can be seen of it without opening it: its files, and the commands that it was sent. The suite looks for secrets there, once a
   * case is over and every driver closed. Left out, nothing at rest is looked at.
   */
  exposed?(): Promise<readonly Exposed[]>;
  /** Repairs it, or throws it away. Every driver is closed by then. */
  stop(): Promise<void>;
}

/** What a backend gives the suite to be held to what it promises while things break. */
export interface FaultHook {
  /** What its stores can be made to do. The suite names each case that it cannot run for want of another. */
  readonly offers: readonly FaultName[];
  /** A sound store with those members of {@link Faults}. Cases may run at once if the runner does that. */
  start(): Promise<BreakableStore>;
}
