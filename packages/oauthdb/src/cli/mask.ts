import { createHash } from 'node:crypto';
import type { ExportedKind } from '@oauthdb/core';

/** What stands in place of a secret. */
export const MASK = '********';

/** What may be shown of records: the members that RFCs and the data out there know, and that are no secrets. */
const OPEN: ReadonlySet<string> = new Set([
  ...['client_id', 'client_name', 'client_uri', 'logo_uri', 'policy_uri', 'tos_uri', 'jwks_uri', 'contacts'],
  ...['redirect_uri', 'redirect_uris', 'grant_types', 'response_types', 'token_endpoint_auth_method'],
  ...['scope', 'software_id', 'software_version', 'registration_client_uri', 'application_type'],
  ...[
    'client_id_issued_at',
    'client_secret_expires_at',
    'created_at',
    'updated_at',
    'issued_at',
    'expires_at',
  ],
  ...['rotated_at', 'used_at', 'revoked_at', 'auth_time', 'iat', 'exp', 'nbf'],
  ...['username', 'user_id', 'sub', 'email', 'name', 'iss', 'aud', 'grant_id', 'jti'],
  ...['resource', 'resources', 'code_challenge_method', 'token_type'],
]);

/** The kinds whose ids are secrets where handles are plain. */
const SECRET_IDS: ReadonlySet<string> = new Set(['state', 'code', 'refresh', 'session']);

export interface Masking {
  /** `--show-secrets`. */
  readonly show: boolean;
  /** Whether handles are the secrets themselves. */
  readonly plainHandles: boolean;
}

/** A record with what may be a secret masked: any member that is not known to be none. */
export function maskedRecord(
  record: Readonly<Record<string, unknown>>,
  { show }: Masking,
): Record<string, unknown> {
  const entries = Object.entries(record).filter(([name]) => name !== 'handle');
  if (show) return Object.fromEntries(entries);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, OPEN.has(name) || value === null ? value : MASK]),
  );
}

/** The id of a record; a secret one is named by its {@link fingerprint}. */
export function maskedId(kind: ExportedKind, id: string, { show, plainHandles }: Masking): string {
  return show || !plainHandles || !SECRET_IDS.has(kind) ? id : fingerprint(id);
}

/** A name for a secret that says nothing of it: `#` and 12 hexadecimal digits of its SHA-256. */
export function fingerprint(secret: string): string {
  return `#${createHash('sha256').update(secret).digest('hex').slice(0, 12)}`;
}
