import { storedTime } from './stored-time.ts';

/** Whether a record's own expiry lies ahead; one that has none, or that other software wrote otherwise, is the backend's to expire. */
export function isLive(record: Record<string, unknown>, now: number): boolean {
  const at = endOf(record);
  return at === null || at > now;
}

/** When a record ends, epoch milliseconds; `null` when it does not say. */
export function endOf({ expires_at: expiresAt }: Record<string, unknown>): number | null {
  const at = storedTime(expiresAt);
  return Number.isNaN(at) ? null : at;
}

/** When a record was issued, epoch milliseconds; `null` when it does not say. */
export function issuedAtOf(record: Record<string, unknown>): number | null {
  const at = storedTime(record['issued_at'] ?? record['created_at']);
  return Number.isNaN(at) ? null : at;
}

/** A record that was taken, with the member that every record has: the key that said when it ends is gone. */
export function withEnd(record: Record<string, unknown>): Record<string, unknown> {
  return 'expires_at' in record ? record : { ...record, expires_at: null };
}
