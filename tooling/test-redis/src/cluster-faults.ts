import { join } from './cluster.ts';
import { exposedBy, SEARCHABLE, watchCommands, type CommandWatch } from './exposed.ts';
import { KEEPS, OFFERS, serverFaults, type FaultyStore, type RedisFaults } from './faults.ts';
import { freePort, HOST } from './ports.ts';
import { startProxy, type Proxy } from './proxy.ts';
import { startPrivateServer, type PrivateServer } from './server.ts';

interface Address {
  readonly host: string;
  readonly port: number;
}

/** Where a driver is to be opened. */
export interface FaultyCluster {
  /** The masters, each behind a proxy; they tell their clients of no other way. */
  readonly nodes: readonly Address[];
  /** The masters themselves, by the addresses that they tell. */
  readonly natMap: Readonly<Record<string, Address>>;
  readonly commandTimeout: number;
}

export interface ClusterFaults<Driver> extends RedisFaults<Driver> {
  /** Stops all clusters. */
  end(): Promise<void>;
}

/** A cluster of its own for whoever breaks it, as long as he does. */
interface Place {
  readonly at: Omit<FaultyCluster, 'commandTimeout'>;
  readonly faults: Omit<FaultyStore<never>, 'open' | 'beside' | 'secrets' | 'stop'>;
  repair(): Promise<void>;
  end(): Promise<void>;
}

/**
 * The faults of a cluster of three masters: all of them are broken at once. It takes seconds to start one, so that a few are lent
 * to one case after the other, repaired.
 */
export function clusterFaults<Driver>(
  open: (at: FaultyCluster) => Driver,
  beside: (at: FaultyCluster) => Driver,
  places = 3,
): ClusterFaults<Driver> {
  const started: Promise<Place>[] = [];
  const idle: Promise<Place>[] = [];
  const waiting: ((place: Promise<Place>) => void)[] = [];
  const lend = (): Promise<Place> => {
    const free = idle.pop();
    if (free !== undefined) return free;
    if (started.length === places) return new Promise((resolve) => waiting.push(resolve));
    const place = startPlace();
    started.push(place);
    return place;
  };
  const giveBack = (place: Promise<Place>): void => {
    const next = waiting.shift();
    if (next === undefined) idle.push(place);
    else next(place);
  };
  return {
    offers: OFFERS,
    start: async () => {
      const place = await lend();
      return {
        ...place.faults,
        open: ({ commandTimeout }) => open({ ...place.at, commandTimeout }),
        beside: () => beside({ ...place.at, commandTimeout: 30_000 }),
        secrets: [],
        stop: async () => {
          await place.repair();
          giveBack(Promise.resolve(place));
        },
      };
    },
    end: async () => {
      for (const place of started) await (await place).end();
    },
  };
}

async function startPlace(): Promise<Place> {
  const masters = await Promise.all(Array.from({ length: 3 }, startMaster));
  const [servers, proxies] = [masters.map(({ server }) => server), masters.map(({ proxy }) => proxy)];
  await join(servers.map(({ port }) => port));
  const each = masters.map(({ server, proxy, watch }) => serverFaults(server, proxy, watch));
  const all = async (fault: (one: (typeof each)[number]) => Promise<void>): Promise<void> => {
    await Promise.all(each.map(fault));
  };
  let isThere = true;
  const restart = async (): Promise<void> => {
    await all((one) => one.restart());
    isThere = true;
  };
  return {
    at: {
      nodes: proxies.map(({ port }) => ({ host: HOST, port })),
      natMap: Object.fromEntries(
        masters.map(({ server, proxy }) => [`${HOST}:${proxy.port}`, { host: HOST, port: server.port }]),
      ),
    },
    faults: {
      hang: () => all((one) => one.hang()),
      resume: () => all((one) => one.resume()),
      cut: () => all((one) => one.cut()),
      kill: async () => {
        isThere = false;
        await all((one) => one.kill());
      },
      restart,
      fill: () => all((one) => one.fill()),
      free: () => all((one) => one.free()),
      dropReplies: () => all((one) => one.dropReplies()),
      garble: () => all((one) => one.garble()),
      delay: (ms) => all((one) => one.delay(ms)),
      exposed: async () =>
        (await Promise.all(masters.map(({ server, watch }) => exposedBy(server, watch)))).flat(),
    },
    repair: async () => {
      if (!isThere) await restart();
      await all((one) => one.resume());
      await all((one) => one.free());
    },
    end: async () => {
      for (const { watch } of masters) watch.stop();
      await Promise.all(proxies.map((proxy) => proxy.close()));
      await Promise.all(servers.map((server) => server.stop()));
    },
  };
}

interface Master {
  readonly server: PrivateServer;
  readonly proxy: Proxy;
  readonly watch: CommandWatch;
}

async function startMaster(): Promise<Master> {
  const [port, bus] = [await freePort(), await freePort()];
  const proxy = await startProxy({ port });
  const args = [
    ...[...KEEPS, ...SEARCHABLE, '--cluster-enabled', 'yes', '--cluster-config-file', 'nodes.conf'],
    ...['--cluster-port', String(bus), '--cluster-node-timeout', '5000'],
    ...['--cluster-announce-ip', HOST, '--cluster-announce-port', String(proxy.port)],
    ...['--cluster-announce-bus-port', String(bus)],
  ];
  const server = await startPrivateServer({ port, args });
  return { server, proxy, watch: await watchCommands(server) };
}
