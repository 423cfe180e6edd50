import type { Put } from '../driver.ts';
import { checkKey } from '../input.ts';
import { checkId, checkOptionalId, checkRecord, isoOf } from './record-input.ts';
import type { AccessToken, Life, RefreshToken, RefreshTokenGrant } from './records.ts';
import type { RecordStore } from './record-store.ts';

/** A refresh token to store: the token itself, and what it stands for. */
export type NewRefreshToken = RefreshTokenGrant & Life & { readonly token: string };

interface Prepared<T> {
  readonly put: Put;
  readonly stored: T;
  readonly expiresAt: number | null;
}

export function newAccessToken(
  records: RecordStore,
  token: object & Life,
  name: string,
): Prepared<AccessToken> {
  const record = checkOwned(token, name);
  const id = checkId(record, 'jti', name);
  const now = records.now();
  const expiresAt = records.expiryOf('accessToken', token, name, now);
  const stored = issued(records, record, now, expiresAt);
  return {
    put: records.put('token', id, stored, expiresAt),
    stored: stored as unknown as AccessToken,
    expiresAt,
  };
}

export function newRefreshToken(
  records: RecordStore,
  { token, ...grant }: object & Life & { readonly token?: unknown },
  name: string,
): Prepared<RefreshToken> {
  const record = checkOwned(grant, name);
  const id = records.keys.handle('refresh', checkKey(token, `${name}.token`));
  const now = records.now();
  const expiresAt = records.expiryOf('refreshToken', grant, name, now);
  const stored = { ...issued(records, record, now, expiresAt), handle: id };
  return {
    put: records.put('refresh', id, stored, expiresAt),
    stored: stored as unknown as RefreshToken,
    expiresAt,
  };
}

function checkOwned(grant: object, name: string): Record<string, unknown> {
  const record = checkRecord(grant, name);
  checkId(record, 'client_id', name);
  for (const member of ['grant_id', 'username']) checkOptionalId(record, member, name);
  return record;
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
