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
  /** For listing alone. */
  scan?(
    cursor: string,
    match: 'MATCH',
    pattern: string,
    count: 'COUNT',
    keys: number,
  ): Promise<[string, string[]]>;
  /** What a cluster's client has: the clients of its masters. */
  nodes?(role: 'master'): RedisClient[];
}

/** What is called of a client of node-redis that is passed in. */
export interface NodeRedisClient {
  get(key: string): Promise<string | null>;
  set(key: string, value: string): Promise<unknown>;
  setEx(key: string, seconds: number, value: string): Promise<unknown>;
  del(key: string): Promise<number>;
  close(): Promise<unknown>;
  scan?(
    cursor: string,
    options: { MATCH: string; COUNT: number },
  ): Promise<{ cursor: string; keys: string[] }>;
}

/** A client of node-redis under the names of ioredis. */
export function fromNodeRedis(client: NodeRedisClient): RedisClient {
  return {
    get: (key) => client.get(key),
    set: (key, value) => client.set(key, value),
    setex: (key, seconds, value) => client.setEx(key, seconds, value),
    del: (key) => client.del(key),
    quit: () => client.close(),
    ...scanOf(client),
  };
}

function scanOf(client: NodeRedisClient): Pick<RedisClient, 'scan'> {
  if (typeof client.scan !== 'function') return {};
  const scan = client.scan.bind(client);
  return {
    async scan(from, _match, MATCH, _count, COUNT) {
      const { cursor, keys } = await scan(from, { MATCH, COUNT });
      return [cursor, keys];
    },
  };
}

/** What Redis says, by the first word; everything else is taken for a lost connection. */
const REPLIES: readonly (readonly [RegExp, OAuthDatabaseErrorCode, string])[] = [
  [/^(NOAUTH|WRONGPASS|NOPERM)\b/, 'OAUTHDB_AUTH', 'Redis refuses the user, the password or the command'],
  [/^(OOM|MISCONF)\b/, 'OAUTHDB_STORE_FULL', 'Redis has no room left'],
  [/^READONLY\b/, 'OAUTHDB_READONLY', 'this Redis is a replica and takes no writes'],
  [/^WRONGTYPE\b/, 'OAUTHDB_CORRUPT', 'a key holds a value of another type than ATXP stores'],
];

interface ClientStoreOptions {
  /** Begins every key: others are not listed. */
  readonly prefix: string;
  readonly commandTimeout: number;
  readonly close: () => Promise<void>;
}

/** A client of the application's, as a store of texts. Each command settles within `commandTimeout` milliseconds. */
export function textStoreOfClient(
  client: RedisClient,
  { prefix, commandTimeout, close }: ClientStoreOptions,
): TextStore {
  const read = <T>(command: () => Promise<T>): Promise<T> => settled(command, commandTimeout, 'not_executed');
  const write = <T>(command: () => Promise<T>): Promise<T> => settled(command, commandTimeout, 'unknown');
  const set = ({ key, value, seconds }: TextEntry): Promise<unknown> =>
    write(() => (seconds === null ? client.set(key, value) : client.setex(key, seconds, value)));
  return {
    get: (keys) => Promise.all(keys.map((key) => read(() => client.get(key)))),
    delete: async (key) => (await write(() => client.del(key))) > 0,
    close,
    async *keys() {
      // What is moved while it is listed comes twice.
      const seen = new Set<string>();
      for (const node of await read(() => searched(client, prefix))) {
        let cursor = '0';
        do {
          const from = cursor;
          const [next, keys] = await read(() => scanned(node, from, prefix));
          const news = keys.filter((key) => !seen.has(key));
          for (const key of news) seen.add(key);
          yield* news;
          cursor = next;
        } while (cursor !== '0');
      }
    },
    async set(entries) {
      await Promise.all(entries.map(set));
    },
  };
}

/** The clients to search: a cluster's is asked for a key first, for it knows its masters only once it is connected. */
async function searched(client: RedisClient, prefix: string): Promise<readonly RedisClient[]> {
  const { options } = client as { readonly options?: { readonly keyPrefix?: unknown } };
  if (options?.keyPrefix) throw cannotList('the client that was passed in has a keyPrefix of its own');
  if (client.nodes === undefined) return [client];
  await client.get(prefix);
  const masters = client.nodes('master');
  if (masters.length > 0) return masters;
  throw new OAuthDatabaseError('OAUTHDB_UNAVAILABLE', 'the cluster has no masters', {
    outcome: 'not_executed',
  });
}

function cannotList(why: string): OAuthDatabaseError {
  return new OAuthDatabaseError('OAUTHDB_UNSUPPORTED', `${why}: its keys cannot be listed`, {
    outcome: 'not_executed',
  });
}

async function scanned(client: RedisClient, cursor: string, prefix: string): Promise<[string, string[]]> {
  if (client.scan === undefined) throw cannotList('the client that was passed in has no scan');
  return client.scan(cursor, 'MATCH', `${prefix.replaceAll(/[*?[\]\\^]/g, '\\$&')}*`, 'COUNT', 500);
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
