import type { Check, Delete, Put, Tag, TagName, Take } from '@oauthdb/core';
import { companion } from './companion.ts';
import { fieldsOf, isHashVersion } from './hash.ts';

/** The operations of one call of the script: its keys and arguments. They run in the order in which they were added. */
export class Operations {
  readonly keys: string[] = [];
  readonly args: string[] = [];
  #adds = false;

  /** Whether something may be stored: else all that is written is removed. */
  get adds(): boolean {
    return this.#adds;
  }

  /** How many characters it is long. */
  get length(): number {
    let length = 0;
    for (const key of this.keys) length += key.length;
    for (const arg of this.args) length += arg.length;
    return length;
  }

  /** The value and the life, where a single entry is put, on no list, and nothing else is done. */
  get onlySet(): readonly [value: string, life: string] | null {
    const [verb, value, left] = this.args;
    return this.args.length === 3 && verb === 'set' ? [value as string, left as string] : null;
  }

  take({ key, attempt, rememberMs, containing = '' }: Take): void {
    this.keys.push(key, companion(key, 'used'));
    this.args.push('take', attempt, String(Math.ceil(rememberMs)), containing);
  }

  mark(): void {
    this.#adds = true;
    this.args.push('mark');
  }

  check({ key, version, unused }: Check): void {
    this.keys.push(key);
    if (version === null && unused === true) {
      this.keys.push(companion(key, 'used'));
      this.args.push('fresh');
    } else if (version === null) this.args.push('absent');
    else if (isHashVersion(version)) this.args.push('holds', ...fieldsOf(version));
    else this.args.push('equals', version);
  }

  put({ key, value, expiresAt, tags }: Put, now: number): void {
    this.#adds = true;
    this.keys.push(key);
    const left = life(expiresAt, now);
    if (tags === undefined || tags.length === 0) this.args.push('set', value, left);
    else this.args.push('place', value, left, '');
  }

  /** Puts an entry that was listed in an earlier step. */
  putListed({ key, value, expiresAt }: Put, now: number, left: number): void {
    this.#adds = true;
    this.keys.push(key);
    this.args.push('place', value, lifeAfter(expiresAt, now, left), 'early');
  }

  delete({ key, remembered }: Delete): void {
    this.keys.push(key);
    if (remembered === true) {
      this.keys.push(companion(key, 'used'));
      this.args.push('retire');
    } else this.args.push('del');
  }

  /** Lists an entry that is put in the same step. */
  tag(tag: Tag, { expiresAt }: Put, now: number): void {
    this.#adds = true;
    this.#list(tag);
    this.args.push(verbOf(tag), tag.member, life(expiresAt, now), '');
  }

  /**
   * Lists an entry that is put in a later step; not for a shorter time than it is listed already, for if this change fails, an
   * entry that is there lives as long as it did.
   *
   * @param left - how long before the deadline it is `now`, in ms.
   */
  tagEarly(tag: Tag, { expiresAt }: Put, now: number, left: number): void {
    this.#adds = true;
    this.#list(tag);
    this.args.push(verbOf(tag), tag.member, lifeAfter(expiresAt, now, left), 'early');
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

function verbOf({ shared, endless }: TagName): string {
  if (shared !== true) return 'tag';
  return endless === true ? 'keep' : 'share';
}

/** Milliseconds, as the server takes them. Lives are relative: a server's clock may show anything. */
function life(expiresAt: number | null, now: number): string {
  return expiresAt === null ? '' : String(Math.max(1, Math.ceil(expiresAt - now)));
}

/** How long after the deadline it ends; before it, if it is negative. */
function lifeAfter(expiresAt: number | null, now: number, left: number): string {
  return expiresAt === null ? '' : String(Math.floor(expiresAt - now - left));
}
