import {
  checkKey,
  checkRecord,
  checkToken,
  durableKinds,
  kindOf,
  OAuthDatabaseError,
  refuseUnknownOptions,
  type Exported,
  type Removed,
} from '@oauthdb/core';
import type { InspectOptions } from '../../inspect.ts';
import { parseUrl } from '../../url.ts';
import type { LeftOut } from '../left-out.ts';
import type { MigrationSource, SourceExportOptions } from '../migration-source.ts';
import type { Found, Reader } from './found.ts';
import { RedisReader } from './redis-reader.ts';

/** Where another program keeps its data, and how it is reached. */
export interface LayoutOptions extends InspectOptions {
  /** What all of its keys begin with. */
  readonly prefix?: string | undefined;
}

/** What another program keeps, as the `from` of a `migrate`. It is connected to when it is read, and never written to. */
export interface LayoutSource extends MigrationSource, AsyncDisposable {
  close(): Promise<void>;
}

/** How a program lays out its data. */
export interface Layout {
  /** As users know it. */
  readonly name: string;
  /** On Redis, where nothing else is said. */
  readonly prefix: string;
  /** The fields of its hashes; none: it has no hashes. */
  readonly fields: readonly string[];
  /** Reads its table in a SQLite file, where it has one. */
  readonly table?: (path: string, prefix: string | undefined, timeoutMs: number) => Reader;
  /** What a key is in the words of a database. Nothing: an index, or nothing that counts. */
  read(found: Found): Promise<readonly Piece[]>;
}

/** What becomes of a part of what was found. */
export type Piece = Exported | Removed | LeftOut;

const TIMEOUT_MS = 2000;

/** @throws TypeError for a URL of what the program has no data in, and for unknown options. */
export function layoutSource(layout: Layout, url: string, options: LayoutOptions): LayoutSource {
  const reader = readerOf(layout, url, options);
  const close = (): Promise<void> => reader.close();
  return {
    handles: 'plain',
    async *export({ kinds = durableKinds, leftOut = refuseUnreadable }: SourceExportOptions = {}) {
      for await (const piece of reader.pieces()) {
        for (const one of (await Promise.all(piece.map((found) => layout.read(found)))).flat()) {
          if ('why' in one) leftOut(one);
          else if (!kinds.includes(one.kind)) continue;
          else if (isStorable(one)) yield one;
          else leftOut({ what: one.kind === 'held' ? 'token' : one.kind, why: 'not_storable' });
        }
      }
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function readerOf({ name, fields, ...layout }: Layout, url: string, options: LayoutOptions): Reader {
  const { prefix, redis, commandTimeout = TIMEOUT_MS, ...others } = options;
  refuseUnknownOptions(others, ['prefix', 'redis', 'commandTimeout']);
  if (prefix !== undefined && (typeof prefix !== 'string' || !prefix.isWellFormed()))
    throw new TypeError(`prefix must be a string of well-formed Unicode, received ${kindOf(prefix)}`);
  const target = parseUrl(url);
  if (target.kind === 'redis' || target.kind === 'redis-cluster')
    return new RedisReader({ url, prefix: prefix ?? layout.prefix, fields, redis, commandTimeout });
  if (target.kind === 'sqlite' && layout.table !== undefined)
    return layout.table(target.path, prefix, commandTimeout);
  throw new TypeError(
    `the data of ${name} is read from ${layout.table === undefined ? 'Redis' : 'Redis or SQLite'} only`,
  );
}

/** Whether a database takes it. */
function isStorable(one: Exported | Removed): boolean {
  try {
    checkKey(one.kind === 'held' ? one.key : one.id);
    if ('value' in one) checkToken(one.value);
    if ('record' in one) checkRecord(one.record, 'record');
    return true;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}

function refuseUnreadable({ why }: LeftOut): void {
  if (why === 'no_place') return;
  const message = 'what is there is not what the program writes that the data is of';
  throw new OAuthDatabaseError('OAUTHDB_CORRUPT', message, { operation: 'export', outcome: 'not_executed' });
}
