import {
  checkKey,
  checkRecord,
  checkToken,
  durableKinds,
  kindOf,
  refuseUnknownOptions,
  type Exported,
  type Removed,
} from '@oauthdb/core';
import type { Inspector } from '@oauthdb/redis-driver';
import { inspect, type InspectOptions } from '../../inspect.ts';
import { parseUrl } from '../../url.ts';
import type { LeftOut } from '../left-out.ts';
import type { MigrationSource, SourceExportOptions } from '../migration-source.ts';
import { RedisKeys, unreadableError, type Found } from './redis-keys.ts';

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
  /** Where nothing else is said. */
  readonly prefix: string;
  /** The fields of its hashes; none: it has no hashes. */
  readonly fields: readonly string[];
  /** What a key is in the words of a database. Nothing: an index, or nothing that counts. */
  read(found: Found): Promise<readonly Piece[]>;
}

/** What becomes of a part of what was found. */
export type Piece = Exported | Removed | LeftOut;

const TIMEOUT_MS = 2000;

/** @throws TypeError for a URL that is not of a Redis, and for unknown options. */
export function layoutSource(layout: Layout, url: string, options: LayoutOptions): LayoutSource {
  const { prefix = layout.prefix, redis, commandTimeout = TIMEOUT_MS, ...others } = options;
  refuseUnknownOptions(others, ['prefix', 'redis', 'commandTimeout']);
  if (typeof prefix !== 'string' || !prefix.isWellFormed())
    throw new TypeError(`prefix must be a string of well-formed Unicode, received ${kindOf(prefix)}`);
  const { kind } = parseUrl(url);
  if (kind !== 'redis' && kind !== 'redis-cluster')
    throw new TypeError(`the data of ${layout.name} is read from Redis only`);
  let inspecting: Promise<Inspector | null> | undefined;
  const close = async (): Promise<void> => (await inspecting)?.close();
  return {
    handles: 'plain',
    async *export({ kinds = durableKinds, leftOut = refuseUnreadable }: SourceExportOptions = {}) {
      inspecting ??= inspect(url, { redis, commandTimeout });
      const inspector = (await inspecting) as Inspector;
      for await (const piece of new RedisKeys(inspector, prefix, layout.fields, commandTimeout).pieces()) {
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
  if (why !== 'no_place') throw unreadableError();
}
