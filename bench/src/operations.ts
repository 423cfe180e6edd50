/** What is measured, and the bare command that a server would be sent for it. */
export const OPERATIONS = {
  storeToken: 'SET key value PX',
  getToken: 'GET key',
  hasToken: 'EXISTS key',
  deleteToken: 'DEL key, which is not there',
  'accessTokens.store': 'SET key value PX',
  'accessTokens.get': 'GET key',
  'codes.store, codes.consume': 'SET key value PX, GETDEL key',
  issue: 'SET key value PX',
  'refreshTokens.rotate': 'SET key value PX',
} as const;

export type Operation = keyof typeof OPERATIONS;

/** The operations of tokens that an application holds, which every peer has in some form. */
export const HELD: readonly Operation[] = ['storeToken', 'getToken', 'hasToken', 'deleteToken'];

/** About as long as a token with its record is in the field. */
export const VALUE: string = 'x'.repeat(290);

export const LIFE_MS = 3_600_000;

/** How many keys there are. */
export const KEYS = 4096;

export function keyOf(i: number): string {
  return `user_${i % KEYS}`;
}

/** A key under which there is never anything. */
export function missing(i: number): string {
  return `none_${i % KEYS}`;
}
