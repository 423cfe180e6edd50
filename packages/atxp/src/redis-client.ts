import {
  isOAuthDatabaseError,
  OAuthDatabaseError,
  startTimer,
  stopTimer,
  type OAuthDatabaseErrorCode,
} from '@oauthdb/core';
import type { TextEntry, TextStore } from './text-records.ts';

/** What is called of a client that is passed in: an ioredis client, a cluster's included, fits. */
export interface RedisClient {
  get(key: string): Promise<string | null>;
  set(key: string, value: string): Promise<unknown>;
  setex(key: string, seconds: number, value: string): Promise<unknown>;
  del(key: string): Promise<number>;
  quit(): Promise<unknown>;
}

/** What Redis says, by the first word; everything else is taken for a lost connection. */
const REPLIES: readonly (readonly [RegExp, OAuthDatabaseErrorCode, string])[] = [
  [/^(NOAUTH|WRONGPASS|NOPERM)\b/, 'OAUTHDB_AUTH', 'Redis refuses the user, the password or the command'],
  [/^(OOM|MISCONF)\b/, 'OAUTHDB_STORE_FULL', 'Redis has no room left'],
  [/^READONLY\b/, 'OAUTHDB_READONLY', 'this Redis is a replica and takes no writes'],
  [/^WRONGTYPE\b/, 'OAUTHDB_CORRUPT', 'a key holds a value of another type than ATXP stores'],
];

/** A client of the application's, as a store of texts. Each command settles within `commandTimeout` milliseconds. */
export function textStoreOfClient(
  client: RedisClient,
  commandTimeout: number,
  close: () => Promise<void>,
): TextStore {
  const read = <T>(command: () => Promise<T>): Promise<T> => settled(command, commandTimeout, 'not_executed');
  const write = <T>(command: () => Promise<T>): Promise<T> => settled(command, commandTimeout, 'unknown');
  const set = ({ key, value, seconds }: TextEntry): Promise<unknown> =>
    write(() => (seconds === null ? client.set(key, value) : client.setex(key, seconds, value)));
  return {
    get: (keys) => Promise.all(keys.map((key) => read(() => client.get(key)))),
    delete: async (key) => (await write(() => client.del(key))) > 0,
    close,
    async set(entries) {
      await Promise.all(entries.map(set));
    },
  };
}

async function settled<T>(
  command: () => Promise<T>,
  ms: number,
  outcome: 'not_executed' | 'unknown',
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = startTimer(() => {
      reject(new OAuthDatabaseError('OAUTHDB_TIMEOUT', `no answer within ${ms} ms`, { outcome }));
    }, ms);
  });
  try {
    return await Promise.race([command(), late]);
  } catch (error) {
    throw isOAuthDatabaseError(error) ? error : translated(error, outcome);
  } finally {
    stopTimer(timer);
  }
}

function translated(error: unknown, outcome: 'not_executed' | 'unknown'): OAuthDatabaseError {
  const said = error instanceof Error ? error.message : '';
  const reply = REPLIES.find(([pattern]) => pattern.test(said));
  if (reply !== undefined)
    return new OAuthDatabaseError(reply[1], reply[2], { outcome: 'not_executed', cause: error });
  return new OAuthDatabaseError('OAUTHDB_UNAVAILABLE', 'Redis connection error', { outcome, cause: error });
}
