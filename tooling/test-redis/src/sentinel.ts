import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { QUIET, serverDirectory, startServer } from './leash.ts';
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

/** A master, two replicas and three sentinels that agree on them. */
export function sentinel(): Promise<Running<Sentinels>> {
  return running(async (add) => {
    const name = 'main';
    const master = await freePort();
    const data = async (port: number, ...args: string[]): Promise<unknown> =>
      add(
        startServer(await serverDirectory(), { port }, [
          ...['--port', String(port), ...QUIET, ...args],
          ...['--repl-diskless-sync-delay', '0', '--repl-ping-replica-period', '1'],
        ]),
      );
    const replica = async (): Promise<unknown> => data(await freePort(), '--replicaof', HOST, String(master));
    await Promise.all([data(master), replica(), replica()]);

    // Sentinels ask for replicas at once, and then every ten seconds only.
    await until('two replicas', async () =>
      String(await send({ port: master }, 'INFO', 'replication')).includes('connected_slaves:2'),
    );
    const watch = async (): Promise<number> => {
      const [dir, port] = [await serverDirectory(), await freePort()];
      await writeFile(join(dir, 'sentinel.conf'), configuration(name, port, master));
      await add(startServer(dir, { port }, ['sentinel.conf', '--sentinel']));
      await until(`sentinel ${port}`, async () => {
        const reply = (await send({ port }, 'SENTINEL', 'MASTER', name)) as readonly string[];
        const field = (key: string): string | undefined => reply[reply.indexOf(key) + 1];
        return field('num-slaves') === '2' && field('num-other-sentinels') === '2';
      });
      return port;
    };
    const ports = await Promise.all([watch(), watch(), watch()]);
    return { name, sentinels: ports.map((port) => ({ host: HOST, port })), master };
  });
}

function configuration(name: string, port: number, master: number): string {
  return [
    `port ${port}`,
    `bind ${HOST}`,
    'loglevel warning',
    `sentinel monitor ${name} ${HOST} ${master} 2`,
    `sentinel down-after-milliseconds ${name} 500`,
    `sentinel failover-timeout ${name} 3000`,
    '',
  ].join('\n');
}
