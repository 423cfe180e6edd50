import { QUIET, serverDirectory, startServer } from './leash.ts';
import { freePort, HOST } from './ports.ts';
import { send } from './resp.ts';
import { running, type Running } from './running.ts';

export interface Standalone {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Of the default user, who may do anything. */
  readonly password: string;
  /** Somebody who reaches keys that begin with `app:` or `{app:` only, and with few commands. */
  readonly user: { readonly username: string; readonly password: string };
}

/** What an operator would grant: no administration, no `KEYS`, no `FLUSHDB`. */
const APP_RULES = [
  ...['on', 'resetkeys', '~app:*', '~{app:*', 'resetchannels', 'nocommands'],
  ...['+hello', '+auth', '+ping', '+quit', '+select', '+readonly', '+command', '+info', '+time'],
  ...['+client|setname', '+cluster|slots', '+cluster|shards'],
  ...['+get', '+mget', '+set', '+del', '+unlink', '+exists', '+pttl', '+pexpire', '+persist', '+scan'],
  ...[
    '+sadd',
    '+srem',
    '+sscan',
    '+smembers',
    '+smismember',
    '+scard',
    '+zadd',
    '+zrem',
    '+zscan',
    '+zrange',
    '+zcard',
  ],
  ...['+zremrangebyscore'],
  ...['+eval', '+evalsha', '+script|load'],
];

/** One server with a password and a user of few rights; REDIS_URL's, if that is set. */
export function standalone(): Promise<Running<Standalone>> {
  const url = process.env['REDIS_URL'];
  return url ? external(url) : ours();
}

function ours(): Promise<Running<Standalone>> {
  return running(async (add) => {
    const port = await freePort();
    const password = 'secret';
    const user = { username: 'app', password: 'app-secret' };
    await add(
      startServer(await serverDirectory(), { port, password }, [
        ...['--port', String(port), ...QUIET, '--requirepass', password],
        // One argument per word: redis-server takes a quoted rule for a user name with spaces.
        ...['--user', user.username, `>${user.password}`, ...APP_RULES],
      ]),
    );
    return { url: `redis://:${password}@${HOST}:${port}`, host: HOST, port, password, user };
  });
}

/** Somebody else's server: it gets the user for as long as the tests run, and nothing is flushed. */
async function external(text: string): Promise<Running<Standalone>> {
  const url = new URL(text);
  if (
    url.protocol !== 'redis:' ||
    !/^\/?0?$/.test(url.pathname) ||
    (url.username || 'default') !== 'default'
  ) {
    throw new Error('REDIS_URL must be redis://[:password@]host[:port], of the default user and database 0');
  }
  const at = {
    host: url.hostname,
    port: Number(url.port || 6379),
    password: decodeURIComponent(url.password),
  };
  const user = { username: `oauthdb-test-${process.pid}`, password: 'app-secret' };
  await send(at, 'ACL', 'SETUSER', user.username, `>${user.password}`, ...APP_RULES).catch((cause: Error) => {
    throw new Error(`REDIS_URL, ${at.host}:${at.port}: ${cause.message}`, { cause });
  });
  return {
    at: { url: text, ...at, user },
    stop: async () => void (await send(at, 'ACL', 'DELUSER', user.username)),
  };
}
