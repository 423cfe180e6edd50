import type { Kind } from '../grants/keys.ts';
import type { HandleForm } from './handle-form.ts';

/** What an export and an import move: a token that is held, or one kind of record that was issued. */
export type ExportedKind = 'held' | Kind;

/**
 * One entry of a database, as any other database can take it: in clear, and with the moment at which it ends. It holds secrets.
 *
 * Lists are not exported: an import puts every record on the lists that it says.
 */
export type Exported = ExportedToken | ExportedRecord;

/** A token that is held. */
export interface ExportedToken {
  readonly kind: 'held';
  /** As {@link OAuthDatabase.storeToken} takes it, without the prefix. */
  readonly key: string;
  readonly value: string;
  /** ISO 8601, to the millisecond; `null`: never. */
  readonly expires_at: string | null;
}

/** A record that was issued. */
export interface ExportedRecord {
  readonly kind: Kind;
  /** What stands in its key: a client id, a `jti`, or the handle of a secret. */
  readonly id: string;
  /** What a handle is, of kinds that have one. */
  readonly handles?: HandleForm | undefined;
  /** ISO 8601, to the millisecond; `null`: never. What the record says itself, or else what the backend does. */
  readonly expires_at: string | null;
  readonly record: Record<string, unknown>;
}

/** Names an entry that is not there any more, so that an import removes it, too. */
export type Removed =
  | { readonly kind: 'held'; readonly key: string; readonly removed: true }
  | {
      readonly kind: Kind;
      readonly id: string;
      readonly handles?: HandleForm | undefined;
      readonly removed: true;
    };

/** All kinds, in the order in which a reader wants to see them. */
export const exportedKinds: readonly ExportedKind[] = [
  'held',
  'client',
  'state',
  'code',
  'token',
  'refresh',
  'session',
];

/**
 * What an export holds where nobody says otherwise. What is single use is left out: whether it was used meanwhile, a database that
 * was emptied cannot know, and a user who is sent back to begin again has lost a minute.
 */
export const durableKinds: readonly ExportedKind[] = ['held', 'client', 'token', 'refresh', 'session'];

/** The kinds whose ids are handles of secrets. */
export const handleKinds: ReadonlySet<string> = new Set<Kind>(['state', 'code', 'refresh', 'session']);

/** @throws TypeError for what is not a list of kinds. */
export function checkKinds(kinds: unknown): readonly ExportedKind[] {
  if (!Array.isArray(kinds)) throw new TypeError('kinds must be an array');
  const wrong: unknown = kinds.find((kind) => !(exportedKinds as readonly unknown[]).includes(kind));
  if (wrong === undefined) return kinds as ExportedKind[];
  throw new TypeError(`kinds must be of ${exportedKinds.join(', ')}`);
}
