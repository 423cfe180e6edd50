import { KeyvTable } from './keyv-table.ts';
import {
  layoutSource,
  type Layout,
  type LayoutOptions,
  type LayoutSource,
  type Piece,
} from './layout-source.ts';
import { isoOf, objectIn } from './parsed.ts';
import type { Found } from './found.ts';

export interface KeyvSourceOptions extends LayoutOptions {
  /**
   * What stands before the keys that the application says. On Redis: default `keyv::keyv:`, as of `new Keyv(new KeyvRedis(url))`; with a
   * namespace it is `{namespace}::{namespace}:`, of `createKeyv(url, { namespace })` `{namespace}::`, and without any, nothing. In SQLite:
   * `{namespace}:`, default `keyv:` of Keyv 5, and nothing of Keyv 6.
   */
  readonly prefix?: string | undefined;
  /**
   * How a value is read that the application has had written otherwise, encrypted or compressed: to `{ value, expires }`, such as
   * `(text) => keyv.deserializeData(text)`. Default: as Keyv does.
   */
  readonly deserialize?: ((text: string) => unknown) | undefined;
}

/**
 * What Keyv keeps on Redis by `@keyv/redis`, or in a SQLite file by `@keyv/sqlite`, as tokens that are held: under the application's keys,
 * a string as it is, anything else as its JSON, until the very millisecond at which Keyv gives it up.
 *
 * @throws TypeError for a URL of anything else. Of its `export`: OAuthDatabaseError `OAUTHDB_CORRUPT` for a file that has no table `keyv`,
 * and, where it is not told `leftOut`, for what Keyv has not written.
 * @example
 * await using from = keyvSource('redis://localhost', { prefix: 'tokens::tokens:' });
 * await migrate({ from, to: await open('sqlite:./tokens.db') });
 */
export function keyvSource(url: string, { deserialize, ...options }: KeyvSourceOptions = {}): LayoutSource {
  return layoutSource(keyvLayout(deserialize ?? deserialized), url, options);
}

const WHAT = 'token';

function keyvLayout(deserialize: (text: string) => unknown): Layout {
  return {
    name: 'Keyv',
    prefix: 'keyv::keyv:',
    fields: [],
    table: (path, prefix, timeoutMs) => new KeyvTable(path, prefix, timeoutMs),
    read: async ({ name, content, endsAt }: Found): Promise<readonly Piece[]> => {
      const parsed = await objectIn(WHAT, content, deserialize);
      if ('why' in parsed) return [parsed];
      const { value, expires, ...others } = parsed.members;
      if (Object.keys(others).length > 0) return [{ what: WHAT, why: 'not_a_record' }];
      // Keyv, too, gives nothing for it.
      if (value === undefined) return [];
      const end = typeof expires === 'number' ? expires : endsAt;
      const token = typeof value === 'string' ? value : JSON.stringify(value);
      return [{ kind: 'held', key: name, value: token, expires_at: isoOf(end) }];
    },
  };
}

/** Undoes what Keyv does to strings: one that begins with a colon has another before it, and bytes are base64. */
function deserialized(text: string): unknown {
  return JSON.parse(text, (_name, value: unknown) => {
    if (typeof value !== 'string' || !value.startsWith(':')) return value;
    return value.startsWith(':base64:') ? Buffer.from(value.slice(8), 'base64') : value.slice(1);
  });
}
