import type { OAuthDatabase } from '@oauthdb/core';
import type { TextEntry, TextStore } from './text-records.ts';

/** The tokens that an `OAuthDatabase` holds, as texts. */
export function textStoreOf(db: OAuthDatabase, now: () => number, close: () => Promise<void>): TextStore {
  return {
    get: (keys) => db.getTokens(keys),
    delete: (key) => db.deleteToken(key),
    keys: () => db.scanTokens(),
    close,
    set: (entries) =>
      db.storeTokens(
        entries.map(({ key, value, seconds }: TextEntry) => ({
          key,
          token: value,
          expiresAt: seconds === null ? undefined : new Date(now() + seconds * 1000),
        })),
      ),
  };
}
