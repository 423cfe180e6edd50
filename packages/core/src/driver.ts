import type { Guarantees } from './guarantees.ts';
import type { Finding } from './operations/finding.ts';
import type { BackendInfo } from './operations/health.ts';

/**
 * What the author of a backend writes: five operations on opaque strings, and `close`.
 *
 * Every rule of OAuth, every check of input and every decision about time is core's. A driver never parses a value, never
 * reads a clock and never retries a change: it does what it is told, once, and keeps two promises.
 *
 * 1. **Each key is linearizable.** A check on a key, or a take of it, and the write to that key are one step.
 * 2. **What can be read is listed.** An entry is listed under its tags before it can be read. The converse may fail: a tag may
 *    list what is already gone.
 *
 * Arguments are valid when they arrive: keys are complete (their prefix included), not empty and well-formed; arrays are not
 * empty. What a driver cannot do, it throws as an {@link OAuthDatabaseError}; core adds the operation and repeats what may be
 * repeated. A driver is an object and not a base class, so that it can be wrapped: `(driver: Driver) => Driver`.
 */
export interface Driver {
  /** The backend's name, as messages show it: `memory`, `sqlite`, `redis`. */
  readonly name: string;
  readonly supports: Supports;
  /** What it promises of what it has acknowledged; frozen, as all connections to the store share it. */
  readonly guarantees: Guarantees;

  /** The entries of `keys`, in their order; `null` where there is none. */
  read(keys: readonly string[], at: Moment): Promise<readonly (Entry | null)[]>;

  /** How long each of `keys` still lives, in milliseconds: `Infinity` for ever, `null` where there is no entry. */
  timeLeft(keys: readonly string[], at: Moment): Promise<readonly (number | null)[]>;

  /**
   * Takes a single-use entry, in one step: of any number of attempts, one gets the value and the key is gone.
   *
   * The attempt that won gets the same answer when it repeats itself; every other attempt learns that the entry was used. The
   * memory of it lasts at least {@link Take.rememberMs} and, of an entry that expires, as long as it would have lived; it is no
   * entry itself, and does not hinder that the key is put and taken again.
   */
  take(take: Take, at: Moment): Promise<Taken>;

  /** Applies all of `change` if everything that it asks for holds, else nothing. */
  commit(change: Change, at: Moment): Promise<Committed>;

  /**
   * One page of what is listed: the members of a tag, or the keys that begin with a prefix.
   *
   * What is there from the first page to the last is listed at least once, in any order. What comes or goes meanwhile may or
   * may not be, and what has expired may be where {@link Supports.clock} is false. A page may be empty and not the last.
   */
  list(where: Where, page: PageRequest, at: Moment): Promise<Page>;

  /**
   * A driver like this one, on the same connection, that also reads what other programs keep under a prefix in a form of the
   * backend's that is no string (on Redis: a hash), as the JSON of an object of strings. Absent where there is no such form.
   */
  withHashes?(prefix: string): Driver;

  /** Releases what the driver opened, and nothing that it was given. Calls that are under way fail. */
  close(): Promise<void>;

  /**
   * One page of the names of the lists that begin with a prefix, under the terms of {@link list}. Absent where lists are kept under
   * keys of their names, which {@link list} shows.
   */
  lists?(prefix: string, page: PageRequest, at: Moment): Promise<Page>;

  /** What the backend says of itself; what it may not be asked is left out. */
  describe?(at: Moment): Promise<BackendInfo>;

  /**
   * What of the backend's configuration, or of its state, endangers tokens; what it may not be asked is left out.
   *
   * @param prefixes - what all keys begin with; it may try short-lived keys under them.
   */
  check?(prefixes: readonly string[], at: Moment): Promise<readonly Finding[]>;
}

/** What a backend can promise. The conformance suite reads it and tests both answers. */
export interface Supports {
  /**
   * Whether a change that spans several keys is all-or-nothing. Where it is not, core asks for at most one check or take per
   * change and for new keys beside it, and the driver prepares (tags, new keys), decides (the checked key) and cleans up, in
   * that order, so that what was prepared is unlisted and unread when the decision is lost.
   */
  readonly transactions: boolean;
  /** Whether entries outlive the process. */
  readonly permanence: boolean;
  /** Whether entries expire by {@link Moment.now}; where not, they expire by a clock of the backend's own. */
  readonly clock: boolean;
  /** Whether keys can be listed by their prefix. */
  readonly scan: boolean;
}

/** When a call happens. */
export interface Moment {
  /** The time by core's clock, epoch milliseconds. */
  readonly now: number;
  /** When the caller stops waiting, by core's `monotonicNow()`. A write must not take effect later than that. */
  readonly deadline: number;
}

export interface Entry {
  readonly value: string;
  /** Changes whenever the value does; a backend that can compare values may return the value itself. */
  readonly version: string;
}

export interface Take {
  readonly key: string;
  /** Names this attempt, unguessable and never used before. */
  readonly attempt: string;
  /** A text that the value must contain; where it does not, the entry is left as it is. */
  readonly containing?: string;
  /** How long a repeat must be recognised, at the least. */
  readonly rememberMs: number;
}

export type Taken =
  /** This attempt has it. */
  | { readonly status: 'taken'; readonly value: string }
  /** Another attempt had it: `value` is what it got. */
  | { readonly status: 'used'; readonly value: string }
  /** It is there, and does not contain what it must. */
  | { readonly status: 'refused' }
  | { readonly status: 'absent' };

/** A change asks first and writes then: take, checks; deletes, puts. */
export interface Change {
  /** Taken by this change, or by an earlier run of it under the same attempt, which then was all of it. */
  readonly take?: Take;
  readonly checks?: readonly Check[];
  readonly deletes?: readonly Delete[];
  /** Where a key is put twice, the last one stays. */
  readonly puts?: readonly Put[];
}

export interface Check {
  readonly key: string;
  /** The version that the key must still have; `null`: it must be absent. */
  readonly version: string | null;
  /** Where it must be absent: whether it must not be remembered as taken, either. */
  readonly unused?: boolean;
}

export interface Put {
  readonly key: string;
  readonly value: string;
  /** Epoch milliseconds by core's clock, later than {@link Moment.now}; `null`: until it is deleted. */
  readonly expiresAt: number | null;
  /** Where the entry is listed from now on. Replaces nothing on backends that cannot know the tags it had. */
  readonly tags?: readonly Tag[];
}

export interface Delete {
  readonly key: string;
  /** The tags that it was put with, where the caller knows them: it is taken off those lists. */
  readonly tags?: readonly Tag[];
  /**
   * Whether, if it is there, it is remembered as taken, by nobody and with no value: as long as it would have lived, for ever where
   * that is for ever.
   */
  readonly remembered?: boolean;
}

export interface Committed {
  readonly committed: boolean;
  /** How many of the deleted keys were there. */
  readonly deleted: number;
}

/** A list, by the name under which the backend keeps it. */
export interface TagName {
  readonly name: string;
  /**
   * Whether other programs read this list and add to it. A backend that other programs can reach then keeps it in its plainest
   * form under exactly this name (on Redis: a set), and lists what they added.
   */
  readonly shared?: boolean;
  /**
   * Whether a shared list must not end by itself, however soon all that it was given here do: others count on it. A backend that
   * ends no list need not ask.
   */
  readonly endless?: boolean;
}

export interface Tag extends TagName {
  /** What the list shows for the entry; unique in the list. */
  readonly member: string;
}

export type Where = { readonly tag: TagName } | { readonly prefix: string };

export interface PageRequest {
  /** {@link Page.next} of the page before; absent for the first page. */
  readonly after?: string | undefined;
  /** How many to aim for. A hint. */
  readonly limit: number;
}

export interface Page {
  readonly items: readonly string[];
  /** Where the next page begins; `null` after the last one. */
  readonly next: string | null;
}
