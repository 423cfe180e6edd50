import { QUIET, serverDirectory, startServer, type Leashed } from './leash.ts';
import { freePort, HOST } from './ports.ts';
import { send, type Reply } from './resp.ts';

export interface ServerOptions {
  /** Default: a free one. */
  readonly port?: number;
  /** Default: none. */
  readonly password?: string;
  /** More arguments of redis-server, such as `['--appendonly', 'yes']`. */
  readonly args?: readonly string[];
}

/** A redis-server of one test's own, to be ill-treated. */
export interface PrivateServer extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  readonly password: string | undefined;
  readonly pid: number;
  /** Where its files are. */
  readonly directory: string;
  /** One command, as the default user, on a connection of its own. */
  send(...words: readonly string[]): Promise<Reply>;
  /** Stops answering (SIGSTOP), with every connection left open. */
  pause(): void;
  /** Goes on (SIGCONT), beginning with what was sent meanwhile. */
  resume(): void;
  /** Ends at once (SIGKILL). Fulfilled when it is gone; its files stay for `restart`. */
  kill(): Promise<void>;
  /** The same port, arguments and files again, after `kill` or instead of it. */
  restart(): Promise<void>;
  /** Ends it for good, paused or not, and removes its files. Twice is fine. */
  stop(): Promise<void>;
}

/** Starts a private redis-server; give it back with `stop()` or `await using`. */
export async function startPrivateServer(options: ServerOptions = {}): Promise<PrivateServer> {
  const { port = await freePort(), password, args = [] } = options;
  const address = { host: HOST, port, password };
  const dir = await serverDirectory();
  const secret = password === undefined ? [] : ['--requirepass', password];
  const start = (): Promise<Leashed> =>
    startServer(dir, address, ['--port', String(port), ...QUIET, ...secret, ...args]);
  let server = await start();
  const kill = async (): Promise<void> => {
    server.signal('SIGKILL');
    await server.ended;
  };
  const stop = (): Promise<void> => server.stop();
  return {
    ...address,
    directory: dir,
    get pid() {
      return server.pid;
    },
    send: (...words) => send(address, ...words),
    pause: () => server.signal('SIGSTOP'),
    resume: () => server.signal('SIGCONT'),
    kill,
    restart: async () => {
      await kill();
      server = await start();
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
