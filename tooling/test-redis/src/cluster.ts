import { QUIET, serverDirectory, startServer } from './leash.ts';
import { freePort, HOST } from './ports.ts';
import { send, until } from './resp.ts';
import { running, type Running } from './running.ts';

export interface ClusterNodes {
  /** The three masters first, then their replicas in the same order. */
  readonly nodes: readonly { readonly host: string; readonly port: number }[];
}

const SLOTS = [
  ['0', '5460'],
  ['5461', '10922'],
  ['10923', '16383'],
] as const;

/** Three masters with one replica each. */
export function cluster(): Promise<Running<ClusterNodes>> {
  return running(async (add) => {
    const ports = await Promise.all(
      Array.from({ length: SLOTS.length * 2 }, async () => {
        const [port, bus] = [await freePort(), await freePort()];
        await add(
          startServer(await serverDirectory(), { port }, [
            ...['--port', String(port), '--cluster-port', String(bus), ...QUIET],
            ...['--cluster-enabled', 'yes', '--cluster-config-file', 'nodes.conf'],
            ...['--cluster-node-timeout', '2000', '--repl-diskless-sync-delay', '0'],
          ]),
        );
        return port;
      }),
    );
    await join(ports);
    return { nodes: ports.map((port) => ({ host: HOST, port })) };
  });
}

/** What `redis-cli --cluster create` does, without its fixed waits, and until all nodes agree: three masters, then their replicas. */
export async function join(ports: readonly number[]): Promise<void> {
  const ask = async (port: number, ...words: string[]): Promise<string> =>
    String(await send({ port }, 'CLUSTER', ...words));
  const each = (test: (port: number) => Promise<boolean>): Promise<unknown> =>
    Promise.all(ports.map((port) => until(`cluster node ${port}`, () => test(port))));
  const [first, ...others] = ports as [number, ...number[]];
  const masters = ports.slice(0, SLOTS.length);

  await Promise.all(ports.map((port, i) => ask(port, 'SET-CONFIG-EPOCH', String(i + 1))));
  await Promise.all(masters.map((port, i) => ask(port, 'ADDSLOTSRANGE', ...(SLOTS[i] as [string, string]))));

  const [, bus = ''] = /@(\d+)/.exec(await ask(first, 'NODES')) ?? [];
  await Promise.all(others.map((port) => ask(port, 'MEET', HOST, String(first), bus)));
  await each(async (port) => {
    const table = await ask(port, 'NODES');
    return table.match(/ connected( |$)/gm)?.length === ports.length && !table.includes('handshake');
  });

  await Promise.all(
    ports.slice(SLOTS.length).map(async (port, i) => {
      const master = await ask(masters[i] as number, 'MYID');
      await until(`cluster replica ${port}`, async () => (await ask(port, 'REPLICATE', master)) === 'OK');
    }),
  );
  await each(async (port) => {
    const [info, table] = [await ask(port, 'INFO'), await ask(port, 'NODES')];
    const replicas = table.match(/\bslave /g)?.length ?? 0;
    return info.includes('cluster_state:ok') && replicas === ports.length - SLOTS.length;
  });
}
