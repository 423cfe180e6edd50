import type { Check, Delete, Put, Tag, TagName, Take } from '@oauthdb/core';
import { companion } from './companion.ts';

/** The operations of one call of the script: its keys and arguments. They run in the order in which they were added. */
export class Operations {
  readonly keys: string[] = [];
  readonly args: string[] = [];

  take({ key, attempt, rememberMs, containing = '' }: Take): void {
    this.keys.push(key, companion(key, 'used'));
    this.args.push('take', attempt, String(Math.ceil(rememberMs)), containing);
  }

  mark(): void {
    this.args.push('mark');
  }

  check({ key, version }: Check): void {
    this.keys.push(key);
    if (version === null) this.args.push('absent');
    else this.args.push('equals', version);
  }

  put({ key, value, expiresAt }: Put, now: number): void {
    this.keys.push(key, companion(key, 'used'));
    this.args.push('set', value, life(expiresAt, now));
  }

  /**
   * Puts an entry that was listed in an earlier step, for so long: it ends no later than that.
   *
   * @param left - how long before the deadline it is `now`, in ms.
   */
  prepare({ key, value, expiresAt }: Put, now: number, left: number): void {
    this.keys.push(key, companion(key, 'used'));
    this.args.push('prepare', value, expiresAt === null ? '' : String(Math.floor(expiresAt - now - left)));
  }

  delete({ key }: Delete): void {
    this.keys.push(key);
    this.args.push('del');
  }

  /** @param keepLonger - not for a shorter time than it is listed already: the entry may live as long if this change fails. */
  tag(tag: Tag, { expiresAt }: Put, now: number, keepLonger = false): void {
    this.#list(tag);
    this.args.push(
      tag.shared === true ? 'share' : 'tag',
      tag.member,
      life(expiresAt, now),
      keepLonger ? 'GT' : '',
    );
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
function life(expiresAt: number | null, now: number): string {
  return expiresAt === null ? '' : String(Math.max(1, Math.ceil(expiresAt - now)));
}
