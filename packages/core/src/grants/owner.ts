import type { TagName } from '../driver.ts';
import { checkKey, kindOf } from '../input.ts';
import type { Keys } from './keys.ts';

/** Whose grants are meant: a user's, a client's, or what followed from one grant. */
export type GrantOwner =
  | { readonly username: string }
  | { readonly clientId: string }
  | { readonly grantId: string };

export interface OwnerLists {
  readonly by: 'username' | 'clientId' | 'grantId';
  readonly id: string;
  /** Where access tokens are found. */
  readonly tokens: TagName;
  /** Where everything else is found; the same list, unless access tokens have one of their own. */
  readonly others: TagName;
}

/** The member of a record that names its owner. */
const nameOf = { username: 'username', clientId: 'client_id', grantId: 'grant_id' } as const;

/**
 * Whether what stands on an owner's list is the owner's. A record that was stored again for somebody else may still be listed; one
 * that names nobody, as other programs' records may, is whose list it is on.
 */
export function isOwnedBy({ by, id }: OwnerLists, record: Record<string, unknown>): boolean {
  const owner = record[nameOf[by]] ?? null;
  return owner === null || owner === id;
}

/**
 * Whether a record of this text may name the owner: most of another program's name somebody else, and need not be parsed to know that.
 * No writer of JSON escapes these characters. A grant may have no name, and be made out of others.
 */
export function mayName({ by, id }: OwnerLists, text: string): boolean {
  return by === 'grantId' || !/^[\w.:@|~-]+$/.test(id) || text.includes(id);
}

/** Whether a record names the owner, wherever it was found. */
export function names({ by, id }: OwnerLists, record: Record<string, unknown>): boolean {
  return record[nameOf[by]] === id;
}

/** @throws TypeError unless exactly one of the three is named. */
export function listsOf(keys: Keys, owner: GrantOwner): OwnerLists {
  if (typeof owner !== 'object' || owner === null) {
    throw new TypeError(`expected { username }, { clientId } or { grantId }, received ${kindOf(owner)}`);
  }
  const named = Object.entries(owner);
  const [[by, value] = []] = named;
  if (named.length !== 1 || (by !== 'username' && by !== 'clientId' && by !== 'grantId')) {
    throw new TypeError('expected exactly one of { username }, { clientId } and { grantId }');
  }
  const id = checkKey(value, by);
  if (by === 'username') return { by, id, tokens: keys.userTokens(id), others: keys.userGrants(id) };
  const list = by === 'clientId' ? keys.clientGrants(id) : keys.grant(id);
  return { by, id, tokens: list, others: list };
}
