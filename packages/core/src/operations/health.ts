import { randomUUID } from 'node:crypto';
import { isOAuthDatabaseError, OAuthDatabaseError, type OAuthDatabaseErrorCode } from '../error.ts';
import { monotonicNow } from '../timing.ts';
import type { Stores } from './stores.ts';

/** What a backend says of itself, as far as it may be asked. */
export interface BackendInfo {
  /** Of the server or the library. */
  readonly version?: string | undefined;
  /** Of a server that replicates. */
  readonly role?: 'master' | 'replica' | undefined;
  /** How many bytes it takes, in memory or in its files. */
  readonly usedBytes?: number | undefined;
}

/** Whether a database does its work. */
export interface Health extends BackendInfo {
  /** `degraded`: it answers, and does not take writes. */
  readonly status: 'ok' | 'degraded';
  /** The backend's name: `memory`, `sqlite`, `redis`, `redis-cluster`. */
  readonly backend: string;
  /** How long one write took, in milliseconds; `null` when it failed. */
  readonly writeMs: number | null;
  /** How long one read took, in milliseconds. */
  readonly readMs: number;
  /** Why it is degraded. */
  readonly reason?: OAuthDatabaseErrorCode | undefined;
}

/** What failed writes leave readable. */
const DEGRADED: ReadonlySet<OAuthDatabaseErrorCode> = new Set([
  'OAUTHDB_READONLY',
  'OAUTHDB_STORE_FULL',
  'OAUTHDB_NOT_REPLICATED',
]);

const OPERATION = 'health';

/** How long a probe stays where it cannot be deleted. */
const PROBE_MS = 60_000;

/** Writes an entry, reads it, and deletes it. */
export async function health({ driver, calls, issuedPrefix }: Stores): Promise<Health> {
  const key = `${issuedPrefix}probe:${randomUUID()}`;
  const value = randomUUID();
  const [writeMs, reason] = await timed(() =>
    calls.run(OPERATION, 'idempotent', (at) =>
      driver.commit({ puts: [{ key, value, expiresAt: at.now + PROBE_MS }] }, at),
    ),
  ).then(
    ({ ms }) => [ms, undefined] as const,
    (error: unknown) => {
      if (isOAuthDatabaseError(error) && DEGRADED.has(error.code)) return [null, error.code] as const;
      throw error;
    },
  );
  const read = await timed(() => calls.run(OPERATION, 'read', (at) => driver.read([key], at)));
  if (reason === undefined) {
    if (read.result[0]?.value !== value) {
      const message = 'what was written did not come back';
      throw new OAuthDatabaseError('OAUTHDB_INTEGRITY', message, {
        operation: OPERATION,
        outcome: 'unknown',
      });
    }
    await calls.run(OPERATION, 'idempotent', (at) => driver.commit({ deletes: [{ key }] }, at));
  }
  const info = await calls.run(OPERATION, 'read', async (at) => driver.describe?.(at) ?? {});
  return {
    status: reason === undefined ? 'ok' : 'degraded',
    backend: driver.name,
    writeMs,
    readMs: read.ms,
    ...(reason === undefined ? {} : { reason }),
    ...info,
  };
}

async function timed<T>(work: () => Promise<T>): Promise<{ ms: number; result: T }> {
  const began = monotonicNow();
  const result = await work();
  return { ms: monotonicNow() - began, result };
}
