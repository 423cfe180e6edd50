import { createHash } from 'node:crypto';
import type { ExportedKind } from '@oauthdb/core';

/**
 * A backup as the scripts of the MCP OAuth gateway write and read it: one JSON text, in clear. They pass over members that they do
 * not know.
 */
export interface GatewayFile {
  /** ISO 8601. */
  readonly timestamp: string;
  readonly metadata: Readonly<Record<string, number>>;
  /** By a part of each key. */
  readonly [section: string]: unknown;
}

export interface GatewayEntry {
  readonly type?: string | undefined;
  /** Of what is no string, the JSON text of it. */
  readonly value: string;
  /** Seconds; -1: none, or less than half a second was left. */
  readonly ttl: number;
  /** When it ends, where this library wrote it: epoch milliseconds, `null` for never. */
  readonly expires_at_ms?: number | null | undefined;
  readonly parsed?: unknown;
}

export type Section = Readonly<Record<string, GatewayEntry>>;

/** Where each kind is. */
export const sections: { readonly [kind in Exclude<ExportedKind, 'held'>]: string } = {
  client: 'registrations',
  token: 'tokens',
  refresh: 'refresh_tokens',
  state: 'states',
  code: 'codes',
  session: 'sessions',
};

/** What stands in front of a session's key in the database; the scripts leave it out, and then restore another key. */
export const SESSION_PREFIX = 'redis:session:';

/** Under this name this library says what only it reads. */
export const MARK = 'oauthdb';

/** A checksum over what is restored. */
export function checksumOf(file: Readonly<Record<string, unknown>>): string {
  const hash = createHash('sha256');
  for (const section of [...Object.values(sections), 'user_tokens']) {
    hash.update(`${section}\n`);
    const entries = Object.entries((file[section] ?? {}) as Section);
    for (const [key, { value, ttl, expires_at_ms: at = null }] of entries) {
      hash.update(JSON.stringify([key, value, ttl, at]));
    }
  }
  return hash.digest('base64url');
}
