import type { Tag, TagName } from '../driver.ts';
import type { Handles } from './handles.ts';

/** The word in a key that says what it holds. */
export type Kind = 'client' | 'state' | 'code' | 'token' | 'refresh' | 'session';

/**
 * The names of everything that is issued: `{prefix}{kind}:{id}`, and the lists in which it is found.
 *
 * An id is what the caller says; braces in it would decide where a cluster keeps the key, and are percent-encoded.
 */
export class Keys {
  readonly #prefix: string;
  readonly #handles: Handles;
  readonly #isShared: boolean;

  /** @param isShared - whether another program uses these keys: they are then spelt as it spells them. */
  constructor(prefix: string, handles: Handles, isShared = false) {
    this.#prefix = prefix;
    this.#handles = handles;
    this.#isShared = isShared;
  }

  /** What all keys begin with. */
  get prefix(): string {
    return this.#prefix;
  }

  /** What a secret is called in a key. */
  handle(kind: Kind, secret: string): string {
    return this.#handles.of(kind, secret);
  }

  /** A refresh token's key must not hold braces of its own, see {@link rotated}; of sessions other programs know nothing. */
  #isSpeltAsIs(kind: Kind): boolean {
    return this.#isShared && kind !== 'refresh' && kind !== 'session';
  }

  /** The key of what has this id or handle. */
  of(kind: Kind, id: string): string {
    return `${this.#prefix}${kind}:${this.#isSpeltAsIs(kind) ? id : encoded(id)}`;
  }

  /**
   * Where it is remembered, out of another program's sight, that a refresh token was rotated: in the slot of its own key, so that a
   * cluster too changes both in one step.
   */
  rotated(id: string): string {
    return `${this.#prefix}rotated:{${this.of('refresh', id)}}`;
  }

  /** The refresh token that a key of {@link rotated} remembers; `null` for a key of anything else. */
  rotatedOf(key: string): { kind: Kind; id: string } | null {
    const start = `${this.#prefix}rotated:{`;
    return key.startsWith(start) && key.endsWith('}') ? this.refOf(key.slice(start.length, -1)) : null;
  }

  /** What a key of {@link of} names; `null` for a key of anything else. */
  refOf(key: string): { kind: Kind; id: string } | null {
    if (!key.startsWith(this.#prefix)) return null;
    const match = /^(client|state|code|token|refresh|session):(.+)$/s.exec(key.slice(this.#prefix.length));
    if (match === null) return null;
    const [kind, id] = [match[1] as Kind, match[2] as string];
    return { kind, id: this.#isSpeltAsIs(kind) ? id : decoded(id) };
  }

  /** The list that has this name; `null` for the name of anything else. */
  listOf(name: string): TagName | null {
    if (!name.startsWith(this.#prefix)) return null;
    const [, list] =
      /^(user_tokens|user_grants|client_grants|grant):./s.exec(name.slice(this.#prefix.length)) ?? [];
    if (list === undefined) return null;
    return list === 'user_tokens' ? { name, shared: true } : { name };
  }

  /** What every key of this kind begins with. */
  prefixOf(kind: Kind): string {
    return `${this.#prefix}${kind}:`;
  }

  /** The access tokens of a user, by `jti`: other programs know this list, read it and add to it. */
  userTokens(username: string): TagName {
    const name = `${this.#prefix}user_tokens:${this.#isShared ? username : encoded(username)}`;
    // Who adds to it later must not lose it to the end of what was on it before.
    return this.#isShared ? { name, shared: true, endless: true } : { name, shared: true };
  }

  /** What else a user has: codes, refresh tokens, sessions. Members are made by {@link member}. */
  userGrants(username: string): TagName {
    return { name: `${this.#prefix}user_grants:${encoded(username)}` };
  }

  /** All that was issued to a client. */
  clientGrants(clientId: string): TagName {
    return { name: `${this.#prefix}client_grants:${encoded(clientId)}` };
  }

  /** All that follows from one grant. */
  grant(grantId: string): TagName {
    return { name: `${this.#prefix}grant:${encoded(grantId)}` };
  }

  /** Where it is remembered that everything of an owner was revoked. */
  mark(by: string, id: string): string {
    return `${this.#prefix}revoked:${by}:${encoded(id)}`;
  }

  /** Where one revocation is remembered, for those who come with a copy of what it took. */
  revocation(id: string): string {
    return `${this.#prefix}revocation:${id}`;
  }

  /** What is kept under {@link revocation}, by its id. */
  get revocations(): TagName {
    return { name: `${this.#prefix}revocations` };
  }

  /** The lists on which an issued record stands. */
  tagsOf(kind: Kind, id: string, { username, client_id, grant_id }: Owner): Tag[] {
    // A registration is nobody's, and a request is before anybody has granted anything.
    if (kind === 'client' || kind === 'state') return [];
    const as = member(kind, id);
    const tags: Tag[] = [];
    if (typeof username === 'string') {
      if (kind === 'token') tags.push({ ...this.userTokens(username), member: id });
      else tags.push({ ...this.userGrants(username), member: as });
    }
    // A session is its user's alone, whichever client and grant it remembers.
    if (kind === 'session') return tags;
    if (typeof client_id === 'string') tags.push({ ...this.clientGrants(client_id), member: as });
    if (typeof grant_id === 'string') tags.push({ ...this.grant(grant_id), member: as });
    return tags;
  }
}

/** Whose a record is. */
export interface Owner {
  readonly username?: unknown;
  readonly client_id?: unknown;
  readonly grant_id?: unknown;
}

/** How a list names what it holds. */
export function member(kind: Kind, id: string): string {
  return `${kind}:${id}`;
}

/** The kind and the id that a member names; `null` for what is not a member of ours. */
export function parseMember(text: string): { kind: Kind; id: string } | null {
  const match = /^(code|token|refresh|session):(.+)$/s.exec(text);
  return match === null ? null : { kind: match[1] as Kind, id: match[2] as string };
}

function encoded(id: string): string {
  // Few have any, and to look costs less than to replace none.
  return /[%{}]/.test(id) ? id.replace(/[%{}]/g, encodeURIComponent) : id;
}

function decoded(id: string): string {
  return id.replace(/%(25|7B|7D)/g, decodeURIComponent);
}
