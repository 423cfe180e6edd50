import type { Driver } from '../driver.ts';
import type { LayoutName } from '../grants/layouts/layout.ts';
import type { OAuthDatabase } from '../oauth-database.ts';
import type { DatabaseOptions } from '../options.ts';
import type { Context } from './context.ts';
import type { FaultHook } from './faults/hook.ts';

/** What the suite needs of a backend. */
export interface Backend {
  /** Shown in front of the cases. Default: the driver's name. */
  readonly name?: string;
  /**
   * Opens one more driver on the store that all drivers of this backend share. Every case works under a prefix of its own,
   * deletes what it has stored there and flushes nothing, so that the store may hold other things.
   */
  open(): Driver | Promise<Driver>;
  /**
   * Makes the database over a driver. Default: a `DriverDatabase`. For whoever wraps databases and not drivers.
   */
  database?(driver: Driver, options: DatabaseOptions): OAuthDatabase;
  /**
   * Stands in every key prefix the suite makes up, for stores that must be told where a key may live. Default: `t`.
   */
  readonly prefix?: string;
  /** In which form everything is stored. With `gateway` it is held to what that form allows, and to what it asks for. */
  readonly layout?: LayoutName;
  /** Ways to break it. With them the suite holds the backend to what it promises while things break; without, to nothing of that. */
  readonly faults?: FaultHook;
}

/** The two functions of a test runner, as vitest, `node:test`, Mocha, Jest and Bun have them. */
export interface Runner {
  describe(name: string, body: () => void): unknown;
  readonly it: It;
}

export interface It {
  (name: string, body: () => Promise<void>, timeoutMs?: number): unknown;
  /** Shows a case that is not run. */
  skip?(name: string, body: () => Promise<void>): unknown;
}

/** One thing that a backend must do. The name is a sentence. */
export interface Case {
  readonly name: string;
  /** Runs on every backend: where backends promise different things, it tests whichever answer it is given. */
  readonly run: (context: Context) => Promise<void>;
}

/** The cases of one behaviour. */
export interface Behaviour {
  readonly name: string;
  /** Whether it is about `secrets`, which not every layout allows. */
  readonly isOfSecrets?: boolean;
  readonly cases: readonly Case[];
}
