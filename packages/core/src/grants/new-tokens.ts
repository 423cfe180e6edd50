import type { Put } from '../driver.ts';
import { checkKey } from '../input.ts';
import { checkId, checkOptionalId, isoOf } from './record-input.ts';
import type { AccessToken, Life, RefreshToken, RefreshTokenGrant } from './records.ts';
import type { RecordStore } from './record-store.ts';

/** A refresh token to store: the token itself, and what it stands for. */
export type NewRefreshToken = RefreshTokenGrant & Life & { readonly token: string };

interface Prepared<T> {
  readonly put: Put;
  readonly stored: T;
  readonly expiresAt: number | null;
}

/**
 * @param record - a copy of what the caller says, see `checkRecord`.
 * @param life - what says when it ends: a copy holds no date.
 */
export function newAccessToken(
  records: RecordStore,
  record: Record<string, unknown>,
  name: string,
  life: Life = record,
): Prepared<AccessToken> {
  checkOwned(record, name);
  const id = checkId(record, 'jti', name);
  const now = records.now();
  const expiresAt = records.expiryOf('accessToken', life, name, now);
  const stored = issued(records, record, now, expiresAt);
  return {
    put: records.put('token', id, stored, expiresAt),
    stored: stored as unknown as AccessToken,
    expiresAt,
  };
}

/** The same for a refresh token. */
export function newRefreshToken(
  records: RecordStore,
  { token, ...record }: Record<string, unknown>,
  name: string,
  life: Life = record,
): Prepared<RefreshToken> {
  checkOwned(record, name);
  const id = records.keys.handle('refresh', checkKey(token, `${name}.token`));
  const now = records.now();
  const expiresAt = records.expiryOf('refreshToken', life, name, now);
  const stored = { ...issued(records, record, now, expiresAt), handle: id };
  return {
    put: records.put('refresh', id, stored, expiresAt),
    stored: stored as unknown as RefreshToken,
    expiresAt,
  };
}

function checkOwned(record: Record<string, unknown>, name: string): void {
  checkId(record, 'client_id', name);
  for (const member of ['grant_id', 'username']) checkOptionalId(record, member, name);
}

function issued(
  records: RecordStore,
  record: Record<string, unknown>,
  now: number,
  expiresAt: number | null,
): Record<string, unknown> {
  return {
    ...record,
    grant_id: record['grant_id'] ?? records.newGrant(record),
    issued_at: record['issued_at'] ?? isoOf(now),
    expires_at: isoOf(expiresAt),
  };
}
