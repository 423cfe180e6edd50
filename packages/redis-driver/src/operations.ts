import type { Check, Delete, Put, Tag, TagName, Take } from '@oauthdb/core';
import type { Listed } from './change.ts';
import { companion } from './companion.ts';
import { fieldsOf, isHashVersion } from './hash.ts';

interface Short {
  readonly verb: 'sets' | 'dels';
  readonly args: readonly string[];
}

/** The operations of one call of the script: its keys and arguments. They run in the order in which they were added. */
export class Operations {
  readonly keys: string[] = [];
  readonly args: string[] = [];
  #adds = false;
  #length: number | undefined;
  /** How many entries the last `del` names, and which argument says so. */
  #deleted = 0;
  #deletedAt = -1;

  /** Whether something may be stored: else all that is written is removed. */
  get adds(): boolean {
    return this.#adds;
  }

  /** How many characters it is long, once all is in it. */
  get length(): number {
    if (this.#length === undefined) {
      this.#length = 0;
      for (const key of this.keys) this.#length += key.length;
      for (const arg of this.args) this.#length += arg.length;
    }
    return this.#length;
  }

  /** How the script takes several calls of this one's kind in short, where a single entry is put, on no list, or deleted, and no more. */
  get short(): Short | null {
    const { args } = this;
    if (args.length === 3 && args[0] === 'set') return { verb: 'sets', args: args.slice(1) };
    if (args.length === 2 && args[0] === 'del' && args[1] === '1') return { verb: 'dels', args: [] };
    return null;
  }

  take({ key, attempt, rememberMs, containing = '' }: Take): void {
    this.keys.push(key, companion(key, 'used'));
    this.args.push('take', attempt, String(Math.ceil(rememberMs)), containing);
  }

  /** @param tells - whether the reply brings the value. */
  mark(tells: boolean): void {
    this.#adds = true;
    this.args.push('mark', tells ? 'tell' : '');
  }

  /** What must be as it is; that several are absent is asked at once. */
  check(checks: readonly Check[]): void {
    const absent: string[] = [];
    for (const { key, version, unused } of checks) {
      if (version === null) {
        absent.push(key);
        if (unused === true) absent.push(companion(key, 'used'));
      } else {
        this.keys.push(key);
        if (isHashVersion(version)) this.args.push('holds', ...fieldsOf(version));
        else this.args.push('equals', version);
      }
    }
    if (absent.length === 0) return;
    this.keys.push(...absent);
    this.args.push('absent', String(absent.length));
  }

  put({ key, value, expiresAt, tags }: Put, now: number): void {
    this.#adds = true;
    this.keys.push(key);
    const left = life(expiresAt, now);
    if (tags === undefined || tags.length === 0) this.args.push('set', value, left);
    else this.args.push('place', value, left);
  }

  /** Puts an entry that was listed in an earlier step. */
  putListed({ key, value, expiresAt }: Put, now: number, left: number): void {
    this.#adds = true;
    this.keys.push(key);
    this.args.push('place early', value, lifeAfter(expiresAt, now, left));
  }

  /** Deletes an entry; by one command with those right before it. */
  delete({ key, remembered }: Delete): void {
    this.keys.push(key);
    if (remembered === true) {
      this.keys.push(companion(key, 'used'));
      this.args.push('retire');
      return;
    }
    if (this.#deletedAt >= 0 && this.#deletedAt === this.args.length - 1) this.#deleted++;
    else {
      this.#deleted = 1;
      this.#deletedAt = this.args.push('del', '') - 1;
    }
    this.args[this.#deletedAt] = String(this.#deleted);
  }

  /**
   * Lists entries, before they are put.
   *
   * @param isEarly - whether they are put in a later step: they are not listed for a shorter time then than they are already, for if
   * this change fails, an entry that is there lives as long as it did.
   */
  tag({ lists, members }: Listed, isEarly: boolean): void {
    this.#adds = true;
    for (const list of lists) this.#list(list);
    const [{ shared, endless } = {}] = lists;
    const count = String(members.length / 2);
    if (shared !== true) this.args.push(isEarly ? 'early' : 'tag', String(lists.length), count);
    else this.args.push(`${endless === true ? 'keep' : 'share'}${isEarly ? ' early' : ''}`, count);
    for (const text of members) this.args.push(text);
  }

  untag(tag: Tag): void {
    this.#list(tag);
    this.args.push(tag.shared === true ? 'unshare' : 'untag', tag.member);
  }

  #list({ name, shared }: TagName): void {
    this.keys.push(name);
    if (shared === true) this.keys.push(companion(name, 'expiry'));
  }
}

/** Milliseconds, as the server takes them. Lives are relative: a server's clock may show anything. */
export function life(expiresAt: number | null, now: number): string {
  return expiresAt === null ? '' : String(Math.max(1, Math.ceil(expiresAt - now)));
}

/**
 * How long after the deadline it ends; before it, if it is negative.
 *
 * @param left - how long before the deadline it is `now`, in ms.
 */
export function lifeAfter(expiresAt: number | null, now: number, left: number): string {
  return expiresAt === null ? '' : String(Math.floor(expiresAt - now - left));
}
