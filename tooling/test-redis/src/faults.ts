import { exposedBy, SEARCHABLE, watchCommands, type CommandWatch, type Exposed } from './exposed.ts';
import { HOST } from './ports.ts';
import { startProxy, type Proxy } from './proxy.ts';
import { startPrivateServer, type PrivateServer } from './server.ts';

/** Where a driver is to be opened. */
export interface FaultyAddress {
  /** With a user and a password in it. */
  readonly url: string;
  readonly commandTimeout: number;
}

/** What `@oauthdb/core/conformance` takes as `faults`, with drivers of whichever kind. */
export interface RedisFaults<Driver> {
  readonly offers: readonly (
    | 'cut'
    | 'delay'
    | 'dropReplies'
    | 'fill'
    | 'free'
    | 'garble'
    | 'hang'
    | 'kill'
    | 'restart'
    | 'resume'
  )[];
  start(): Promise<FaultyStore<Driver>>;
}

export interface FaultyStore<Driver> {
  open(options: { readonly commandTimeout: number }): Driver;
  beside(): Driver;
  readonly secrets: readonly string[];
  exposed(): Promise<readonly Exposed[]>;
  stop(): Promise<void>;
  hang(): Promise<void>;
  resume(): Promise<void>;
  cut(): Promise<void>;
  kill(): Promise<void>;
  restart(): Promise<void>;
  fill(): Promise<void>;
  free(): Promise<void>;
  dropReplies(): Promise<void>;
  garble(): Promise<void>;
  delay(ms: number): Promise<void>;
}

export const OFFERS: RedisFaults<never>['offers'] = [
  ...(['hang', 'resume', 'cut', 'kill', 'restart', 'fill', 'free'] as const),
  ...(['dropReplies', 'garble', 'delay'] as const),
];

/**
 * Everything is written before it is answered, which is enough for a server that is killed: nothing here cuts the power. With
 * `everysec` a server whose disk is slow answers up to two seconds before it writes.
 */
export const KEEPS = ['--appendonly', 'yes', '--appendfsync', 'no'] as const;

/** The password of the user by whom the drivers connect. It is another text in a URL. */
const PASSWORD = 'pw-canary/7f3a';

/** What no error may show. */
export const CREDENTIALS: readonly string[] = [PASSWORD, encodeURIComponent(PASSWORD)];

/** Arguments of a server that keeps what it acknowledges, can be searched for it, and knows a user with that password. */
export const FAULTY: readonly string[] = [
  ...[...KEEPS, ...SEARCHABLE],
  ...['--user', 'app', `>${PASSWORD}`, 'on', '~*', '&*', '+@all'],
];

/** How the drivers connect to a port. */
export function faultyUrl(port: number): string {
  return `redis://app:${encodeURIComponent(PASSWORD)}@${HOST}:${port}`;
}

/** The faults of a Redis server: each store is a server of its own, behind a proxy. */
export function redisFaults<Driver>(open: (at: FaultyAddress) => Driver): RedisFaults<Driver> {
  return {
    offers: OFFERS,
    start: async () => {
      const server = await startPrivateServer({ password: PASSWORD, args: FAULTY });
      const proxy = await startProxy(server);
      const watch = await watchCommands(server);
      return {
        open: ({ commandTimeout }) => open({ url: faultyUrl(proxy.port), commandTimeout }),
        beside: () => open({ url: faultyUrl(server.port), commandTimeout: 30_000 }),
        secrets: CREDENTIALS,
        ...serverFaults(server, proxy, watch),
        exposed: () => exposedBy(server, watch),
        stop: async () => {
          watch.stop();
          await proxy.close();
          await server.stop();
        },
      };
    },
  };
}

/** How one server, and the way to it, are broken. */
export function serverFaults(
  server: PrivateServer,
  proxy: Proxy,
  watch: CommandWatch,
): Omit<FaultyStore<never>, 'open' | 'beside' | 'secrets' | 'exposed' | 'stop'> {
  return {
    hang: async () => server.pause(),
    resume: async () => {
      server.resume();
      proxy.mode = 'pass';
    },
    cut: async () => proxy.cut(),
    kill: () => server.kill(),
    restart: async () => {
      await server.restart();
      await watch.attached();
    },
    fill: async () => void (await server.send('CONFIG', 'SET', 'maxmemory', '1')),
    free: async () => void (await server.send('CONFIG', 'SET', 'maxmemory', '0')),
    dropReplies: async () => void (proxy.mode = 'drop-replies'),
    garble: async () => void (proxy.mode = 'garbage'),
    delay: async (ms) => {
      proxy.latencyMs = ms;
      proxy.mode = 'late';
    },
  };
}
