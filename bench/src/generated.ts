import type { Exported } from '@oauthdb/core';
import { CLIENTS, LIFE_MS, VALUE } from './values.ts';

const TOKENS_OF_USER = 4;

/** The owner of a token. */
export function ownerOf(i: number): { client_id: string; username: string; scope: string } {
  const username = `user_${Math.floor(i / TOKENS_OF_USER)}`;
  return { client_id: `client_${i % CLIENTS}`, username, scope: 'mcp:*' };
}

/** Tokens that are held, as an export gives them, from one number to another. */
export function* tokensHeld(first: number, end: number): Generator<Exported, void, undefined> {
  const expires_at = new Date(Date.now() + LIFE_MS).toISOString();
  for (let i = first; i < end; i++) yield { kind: 'held', key: `user_${i}`, value: VALUE, expires_at };
}

/** Access tokens of many users and some clients, each of a grant of its own: what is put on three lists. */
export function* tokensIssued(first: number, end: number): Generator<Exported, void, undefined> {
  const [issued_at, expires_at] = [new Date().toISOString(), new Date(Date.now() + LIFE_MS).toISOString()];
  for (let i = first; i < end; i++) {
    const id = `token_${i}`;
    const named = { jti: id, ...ownerOf(i), grant_id: `grant_${i}`, token_type: 'Bearer' };
    yield { kind: 'token', id, expires_at, record: { ...named, issued_at, expires_at } };
  }
}
