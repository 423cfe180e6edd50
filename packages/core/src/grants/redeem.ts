import { randomUUID } from 'node:crypto';
import { checkKey } from '../input.ts';
import type { Binding } from './codec.ts';
import type { Found } from './record-reader.ts';
import { REMEMBER_MS, type RecordStore } from './record-store.ts';

/** What a client must repeat to redeem a code. */
export interface Redemption {
  readonly client_id: string;
  /** Compared where both say one. @see RFC 6749 section 4.1.3 */
  readonly redirect_uri?: string | undefined;
}

/** Why a code was not redeemed. Nothing has changed. */
export type Refused =
  /** Somebody redeemed it: `revoke({ grantId })` removes what that brought. @see RFC 6749 section 4.1.2 */
  | { readonly status: 'already_used'; readonly grant_id: string }
  /** It is another client's, or was asked for with another `redirect_uri`; its owner can still redeem it. */
  | { readonly status: 'client_mismatch' }
  | { readonly status: 'expired' | 'not_found' };

/** The members by which a stored code is recognised without being read; their order is that of the stored form. */
export const BOUND = ['client_id', 'redirect_uri'] as const;

/** The key of a code, and what its stored form must contain to be redeemed so. */
export interface Redeeming {
  readonly key: string;
  readonly containing: string;
}

export function redeeming(
  records: RecordStore,
  code: string,
  { client_id: clientId, redirect_uri: redirectUri }: Redemption,
): Redeeming {
  const bindings: Binding[] = [['client_id', checkKey(clientId, 'client_id')]];
  if (redirectUri !== undefined) bindings.push(['redirect_uri', checkKey(redirectUri, 'redirect_uri')]);
  const key = records.keys.of('code', codeId(records, code));
  return { key, containing: records.codec.containing(key, bindings) };
}

/** Why a code could not be taken; the code itself if it could be after all. */
export async function whyRefused(
  records: RecordStore,
  operation: string,
  code: string,
  redemption: Redemption,
): Promise<Refused | Found> {
  const found = await records.readOne(operation, 'code', codeId(records, code));
  if (found !== null) return matches(found.record, redemption) ? found : { status: 'client_mismatch' };
  const { key } = redeeming(records, code, redemption);
  // Nothing contains this: whatever happens meanwhile, asking takes nothing.
  const take = { key, attempt: randomUUID(), containing: randomUUID(), rememberMs: REMEMBER_MS };
  const taken = await records.calls.run(operation, 'read', (at) => records.driver.take(take, at));
  if (taken.status === 'refused') return { status: 'expired' };
  if (taken.status !== 'used') return { status: 'not_found' };
  const { grant_id: grantId } = records.decode('code', key, taken.value);
  return { status: 'already_used', grant_id: String(grantId) };
}

export function codeId(records: RecordStore, code: string): string {
  return records.keys.handle('code', checkKey(code, 'code'));
}

function matches(
  record: Record<string, unknown>,
  { client_id: clientId, redirect_uri: redirectUri }: Redemption,
): boolean {
  const asked = record['redirect_uri'];
  const sameUri = redirectUri === undefined || asked === undefined || asked === null || asked === redirectUri;
  return record['client_id'] === clientId && sameUri;
}
