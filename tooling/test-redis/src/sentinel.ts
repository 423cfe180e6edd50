import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { QUIET, serverDirectory, startServer, type Leashed } from './leash.ts';
import { freePort, HOST } from './ports.ts';
import { send, until } from './resp.ts';
import { running, type Running } from './running.ts';

export interface Sentinels {
  /** The name of the master. */
  readonly name: string;
  readonly sentinels: readonly { readonly host: string; readonly port: number }[];
  /** The port of the first master. */
  readonly master: number;
}

/** The same, for a test of its own that breaks some of it. */
export interface PrivateSentinels extends Sentinels, AsyncDisposable {
  /** The port of the master that the sentinels name, once all that answer name the same: after a failover they learn it one by one. */
  currentMaster(): Promise<number>;
  /** Resolves once the first of them names another one than `before`, with its port. */
  nextMaster(before: number): Promise<number>;
  /** One of the servers or sentinels, by its port. */
  server(port: number): Leashed;
}

export interface SentinelOptions {
  /** Default 2. */
  readonly replicas?: number;
  /** What the sentinels ask of whoever asks them. Default: nothing. */
  readonly sentinelPassword?: string;
  /** More arguments of the servers' redis-server. */
  readonly args?: readonly string[];
}

/** A master, two replicas and three sentinels that agree on them. */
export async function sentinel(): Promise<Running<Sentinels>> {
  const { name, sentinels, master, ...started } = await startSentinels();
  return { at: { name, sentinels, master }, stop: async () => started[Symbol.asyncDispose]() };
}

/** Starts a master, its replicas and three sentinels; give it back with `await using`. */
export async function startSentinels(options: SentinelOptions = {}): Promise<PrivateSentinels> {
  const { replicas = 2, sentinelPassword, args: more = [] } = options;
  const servers = new Map<number, Leashed>();
  const started = await running<Sentinels>(async (add) => {
    const name = 'main';
    const master = await freePort();
    const data = async (port: number, ...args: string[]): Promise<unknown> => {
      const one = await add(
        startServer(await serverDirectory(), { port }, [
          ...['--port', String(port), ...QUIET, ...args, ...more],
          ...['--repl-diskless-sync-delay', '0', '--repl-ping-replica-period', '1'],
        ]),
      );
      return servers.set(port, one);
    };
    const replica = async (): Promise<unknown> => data(await freePort(), '--replicaof', HOST, String(master));
    await Promise.all([data(master), ...Array.from({ length: replicas }, replica)]);

    // Sentinels ask for replicas at once, and then every ten seconds only.
    await until('the replicas', async () =>
      String(await send({ port: master }, 'INFO', 'replication')).includes(`connected_slaves:${replicas}`),
    );
    const watch = async (): Promise<number> => {
      const [dir, port] = [await serverDirectory(), await freePort()];
      const address = { port, password: sentinelPassword };
      await writeFile(join(dir, 'sentinel.conf'), configuration(name, port, master, sentinelPassword));
      servers.set(port, await add(startServer(dir, address, ['sentinel.conf', '--sentinel'])));
      await until(`sentinel ${port}`, async () => {
        const reply = (await send(address, 'SENTINEL', 'MASTER', name)) as readonly string[];
        const field = (key: string): string | undefined => reply[reply.indexOf(key) + 1];
        return field('num-slaves') === String(replicas) && field('num-other-sentinels') === '2';
      });
      return port;
    };
    const ports = await Promise.all([watch(), watch(), watch()]);
    return { name, sentinels: ports.map((port) => ({ host: HOST, port })), master };
  });
  const { at } = started;
  const named = ({ port }: { readonly port: number }): Promise<number> =>
    send({ port, password: sentinelPassword }, 'SENTINEL', 'GET-MASTER-ADDR-BY-NAME', at.name).then((reply) =>
      Number((reply as readonly string[])[1]),
    );
  return {
    ...at,
    currentMaster: async () => {
      let ports = new Set<number>();
      await until('sentinels that agree', async () => {
        const answers = await Promise.allSettled(at.sentinels.map(named));
        ports = new Set(answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : [])));
        return ports.size === 1;
      });
      return [...ports][0] as number;
    },
    nextMaster: async (before) => {
      let now = before;
      await until('a failover', async () => {
        now = await Promise.any(at.sentinels.map(named));
        return now !== before;
      });
      return now;
    },
    server: (port) => {
      const found = servers.get(port);
      if (found === undefined) throw new Error(`nothing was started on port ${port}`);
      return found;
    },
    [Symbol.asyncDispose]: () => started.stop(),
  };
}

function configuration(name: string, port: number, master: number, password: string | undefined): string {
  return [
    // Between themselves they use the same one.
    ...(password === undefined ? [] : [`requirepass ${password}`]),
    `port ${port}`,
    `bind ${HOST}`,
    'loglevel warning',
    `sentinel monitor ${name} ${HOST} ${master} 2`,
    `sentinel down-after-milliseconds ${name} 500`,
    `sentinel failover-timeout ${name} 3000`,
    '',
  ].join('\n');
}
