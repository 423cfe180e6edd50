import {
  durableKinds,
  isOAuthDatabaseError,
  kindOf,
  refuseUnknownOptions,
  type Exported,
  type ExportedToken,
  type ExportOptions,
  type OAuthDatabase,
} from '@oauthdb/core';
import { HeldEntries, type Found } from './held-entries.ts';
import { atxpKeys, type StoredUnder } from './keys.ts';
import { resolveCommon } from './options.ts';
import { parsed } from './records.ts';
import { readable } from './text-records.ts';
import type { Cipher } from './types.ts';

export interface AtxpSourceOptions {
  /** Decrypts what ATXP's class has encrypted. Default: what is stored is copied as it is. */
  readonly decrypt?: Cipher | undefined;
  /** How long a refresh token is kept after its access token has expired, in seconds. Default: 30 days. */
  readonly refreshTtl?: number | undefined;
  /** The clock, in epoch milliseconds. Default: `Date.now`. */
  readonly now?: (() => number) | undefined;
}

/** What `migrate` of `oauthdb` can copy from. */
export type AtxpSource = Pick<OAuthDatabase, 'export' | 'handles'>;

/** How many entries are worked on together. */
const PAGE = 500;

/**
 * What ATXP's `RedisOAuthDb` has stored, or the one of this package, as entries that `atxpOAuthDb` finds: the `from` of a `migrate`.
 * Nothing is written.
 *
 * Tokens end when they say, and registrations and PKCE values when Redis does. Keys of others under the same prefix are passed over.
 * Of a record that cannot be read `unreadable` is told, or else `OAUTHDB_CORRUPT` thrown, and `OAUTHDB_UNDECRYPTABLE` where `decrypt`
 * fails.
 *
 * @param db The Redis, with the `keyPrefix` of ATXP, `oauth:`; it stays the caller's to close.
 * @example
 * const from = atxpSource(new RedisOAuthDatabase({ url, keyPrefix: 'oauth:', serverKeyPrefix: 'unused:' }));
 * await migrate({ from, to: await open('sqlite:./tokens.db') });
 */
export function atxpSource(db: OAuthDatabase, options: AtxpSourceOptions = {}): AtxpSource {
  if (typeof db?.export !== 'function' || typeof db.getTokens !== 'function') {
    throw new TypeError(`db must be an OAuthDatabase, received ${kindOf(db)}`);
  }
  const entries = heldEntries(options);
  return {
    handles: db.handles,
    async *export({ kinds = durableKinds, unreadable }: ExportOptions = {}) {
      if (!kinds.includes('held')) return;
      for await (const page of pages(db.export({ kinds: ['held'], unreadable }))) {
        for (const found of await foundIn(db, page)) yield* await entriesOf(entries, found, unreadable);
      }
    },
  };
}

export function heldEntries({ decrypt, refreshTtl, now, ...others }: AtxpSourceOptions): HeldEntries {
  refuseUnknownOptions(others, ['decrypt', 'refreshTtl', 'now']);
  return new HeldEntries({
    ...resolveCommon({ refreshTtl, now }),
    ...(decrypt === undefined ? {} : { decrypt }),
  });
}

/** The entries of a record, or word of it that it cannot be read. */
export async function entriesOf(
  entries: HeldEntries,
  found: Found,
  unreadable: ExportOptions['unreadable'],
): Promise<ExportedToken[]> {
  try {
    return await entries.of(found);
  } catch (error) {
    if (unreadable === undefined || !isOAuthDatabaseError(error)) throw error;
    unreadable({ kind: 'held', code: error.code });
    return [];
  }
}

interface Named {
  readonly under: StoredUnder;
  readonly value: string;
  readonly expires_at: string | null;
}

/** The records among some entries. A token that is kept twice is one: what ATXP's class has stored after us is the newer. */
async function foundIn(db: OAuthDatabase, page: readonly ExportedToken[]): Promise<Found[]> {
  const named = page.flatMap(({ key, value, expires_at }): Named[] => {
    const under = atxpKeys.parse(key);
    return under === null ? [] : [{ under, value, expires_at }];
  });
  const beside = await valuesBeside(db, named);
  return named
    .filter(({ under, value }) => {
      const other = beside.get(under);
      if (!under.isKept || other === undefined || other === value) return true;
      return !readable(other)?.encrypted_refresh_token;
    })
    .map(({ under, value, expires_at }) => ({
      under,
      record: () => parsed(value, (record) => record),
      endsAt: expires_at === null ? null : Date.parse(expires_at),
      isKeptBeside: beside.get(under) === value,
    }));
}

/** What is kept of tokens, and the tokens of what is kept. */
async function valuesBeside(
  db: OAuthDatabase,
  named: readonly Named[],
): Promise<ReadonlyMap<StoredUnder, string>> {
  const keys = new Map<StoredUnder, string>();
  for (const { under } of named) {
    const { name, isKept } = under;
    if (name.kind !== 'access_token') continue;
    keys.set(under, isKept ? atxpKeys.token(name.userId, name.url) : atxpKeys.kept(name.userId, name.url));
  }
  const values = new Map<StoredUnder, string>();
  if (keys.size === 0) return values;
  const found = await db.getTokens([...keys.values()]);
  [...keys.keys()].forEach((under, i) => {
    const value = found[i];
    if (typeof value === 'string') values.set(under, value);
  });
  return values;
}

async function* pages(records: AsyncIterable<Exported>): AsyncGenerator<ExportedToken[]> {
  let page: ExportedToken[] = [];
  for await (const record of records) {
    if (record.kind === 'held') page.push(record);
    if (page.length < PAGE) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}
