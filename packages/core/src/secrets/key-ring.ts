import { createHmac, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { OAuthDatabaseError, type OAuthDatabaseErrorCode } from '../error.ts';
import { decrypt, encrypt } from './aead.ts';

/** Begins whatever is stored otherwise than it was given. */
const MARK = 'oauthdb:';
/** The version of the envelope stands in it. */
const SEALED = `${MARK}1:`;
const ESCAPED = `${MARK}:`;

/** The part of an envelope that is in clear: its key id and its guards. */
const HEADER = /^oauthdb:1:([\w-]{1,32}):[\w.-]*:/;

/** A member of a text and its value, by which the sealed text is recognised. */
type Guarded = readonly [name: string, value: string];

/** A key by its name. */
export interface NamedKey {
  readonly id: string;
  /** AES-256. */
  readonly key: KeyObject;
}

/**
 * The keys that seal what is stored: the first one writes, all of them read. Without any, texts are stored as they are.
 *
 * A sealed text is `oauthdb:1:{key id}:{guards}:{base64url of IV, ciphertext and tag}`. All of that, and the key under which it is
 * stored, is authenticated: it opens as it was written, where it was written, or not at all. A guard is the keyed hash of a member,
 * in clear, so that a backend can compare what it cannot read. The key id shows too, and about how long the text is.
 *
 * What is not sealed begins with `oauthdb:` only if it is escaped, by one more `oauthdb::` in front.
 */
export class KeyRing {
  readonly #keys: ReadonlyMap<string, KeyObject>;
  readonly #first: { readonly cipher: KeyObject; readonly guard: KeyObject; readonly mark: string } | null;

  /** @param keys - of different ids. */
  constructor(keys: readonly NamedKey[] = []) {
    const [first] = keys;
    this.#keys = new Map(keys.map(({ id, key }) => [id, key]));
    this.#first =
      first === undefined
        ? null
        : { cipher: first.key, guard: guardKey(first.key), mark: `${SEALED}${first.id}:` };
  }

  /** Whether there is a key to write with. */
  get seals(): boolean {
    return this.#first !== null;
  }

  /** What is stored under `key` for `text`, with guards for some of its members. */
  seal(key: string, text: string, guarded: readonly Guarded[] = []): string {
    if (this.#first === null) return text.startsWith(MARK) ? ESCAPED + text : text;
    const header = `${this.containing(key, guarded)}:`;
    return header + encrypt(this.#first.cipher, header + key, text);
  }

  /**
   * The text that is stored under `key` as `value`. What is not sealed is what it is: it was written before there were keys.
   *
   * @throws OAuthDatabaseError `OAUTHDB_UNDECRYPTABLE` when its key is not on this ring, `OAUTHDB_INTEGRITY` when it is and yet does
   * not open it: it was changed, was written under another key, or the id belonged to another key then.
   */
  open(key: string, value: string): string {
    if (!value.startsWith(MARK)) return value;
    if (value.startsWith(ESCAPED)) return value.slice(ESCAPED.length);
    if (!value.startsWith(SEALED))
      throw unreadable('OAUTHDB_UNDECRYPTABLE', 'what is stored has a form that this release does not know');
    const [header, id = ''] = HEADER.exec(value) ?? [];
    if (header === undefined) throw unreadable('OAUTHDB_INTEGRITY', 'what is stored was damaged');
    const cipher = this.#keys.get(id);
    if (cipher === undefined)
      throw unreadable(
        'OAUTHDB_UNDECRYPTABLE',
        `what is stored is sealed by the key "${id}", not in secrets`,
      );
    const text = decrypt(cipher, header + key, value.slice(header.length));
    if (text !== null) return text;
    const message = `what is stored was changed or moved, or is sealed by another key than "${id}" is now`;
    throw unreadable('OAUTHDB_INTEGRITY', message);
  }

  /** What {@link seal} writes contains this if the first of its guarded members are these. Only where {@link seals}. */
  containing(key: string, guarded: readonly Guarded[]): string {
    if (this.#first === null) throw new TypeError('there is no key to guard with');
    const { guard, mark } = this.#first;
    return mark + guarded.map((one) => hmac(guard, JSON.stringify([key, ...one]))).join('.');
  }

  /** Whether {@link seal} would write `value` as it is: under the first key, if there is one. */
  isCurrent(value: string): boolean {
    return this.#first === null || value.startsWith(this.#first.mark);
  }
}

/** Guards have a key of their own, so that what they show says nothing of the one that encrypts. */
function guardKey(key: KeyObject): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync('sha256', key, '', 'oauthdb guard', 32)));
}

/** 132 bits of it: more than can be guessed, and of one length, so that no guard begins another. */
function hmac(key: KeyObject, text: string): string {
  return createHmac('sha256', key).update(text).digest('base64url').slice(0, 22);
}

/** A value that cannot be read may have been taken, and be gone. */
function unreadable(code: OAuthDatabaseErrorCode, message: string): OAuthDatabaseError {
  return new OAuthDatabaseError(code, message, { outcome: 'unknown' });
}
