/** About as long as a token with its record is in the field. */
export const VALUE: string = 'x'.repeat(290);

export const LIFE_MS = 3_600_000;

/** How many keys there are to be read: more than calls are ever under way, so that no two are about the same one. */
export const KEYS = 2048;

/** One of the keys that are there. */
export function keyOf(i: number): string {
  return `user_${i % KEYS}`;
}

/** A key that no other call names. */
export function newKey(i: number): string {
  return `new_${i}`;
}

/** How many tokens the calls that are about several of them name. */
export const SEVERAL = 10;

/** Several of the keys that are there. */
export function severalKeys(i: number): string[] {
  return Array.from({ length: SEVERAL }, (_, k) => keyOf(i * SEVERAL + k));
}

/** As many that no other call names. */
export function newKeys(i: number): string[] {
  return Array.from({ length: SEVERAL }, (_, k) => `${newKey(i)}_${k}`);
}

export const CLIENTS = 32;
const USERS = 8192;

/** Whose something is that is issued: of users one after the other, so that calls of one moment are about different ones. */
export function issuedTo(i: number): { client_id: string; username: string; scope: string } {
  return { client_id: `client_${i % CLIENTS}`, username: `user_${i % USERS}`, scope: 'mcp:*' };
}
