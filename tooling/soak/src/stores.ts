import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { exposedBy, filesUnder, watchCommands, type Exposed } from '@oauthdb/test-redis/exposed';
import { CREDENTIALS, FAULTY, faultyUrl } from '@oauthdb/test-redis/faults';
import { startProxy, type Proxy } from '@oauthdb/test-redis/proxy';
import { startPrivateServer, type PrivateServer } from '@oauthdb/test-redis/server';
import { startChild } from './child.ts';
import type { Target } from './target.ts';

/** A store that can be broken, and the ways to do that. */
export interface Store extends AsyncDisposable {
  /** By the way that the faults are in. */
  readonly through: Target;
  /** By another way. */
  readonly beside: Target;
  /** By name, each of which begins, lasts as long as it is told, and ends. */
  readonly faults: Readonly<Record<string, (ms: number) => Promise<void>>>;
  /** What no error, file or command may show, besides what is stored. */
  readonly secrets: readonly string[];
  /** Its files, and the commands that it was sent. */
  exposed(): Promise<readonly Exposed[]>;
}

/** Begins a fault, lets it last, and ends it. */
const lasting =
  (begin: () => unknown, end: () => unknown) =>
  async (ms: number): Promise<void> => {
    await begin();
    await sleep(ms);
    await end();
  };

/** Does something again and again. */
const again =
  (work: () => unknown, everyMs: number) =>
  async (ms: number): Promise<void> => {
    for (const end = performance.now() + ms; performance.now() < end; await sleep(everyMs)) await work();
  };

export async function redisStore(kind: 'ioredis' | 'node-redis'): Promise<Store> {
  const server = await startPrivateServer({ args: FAULTY });
  const proxy = await startProxy(server);
  const watch = await watchCommands(server);
  return {
    through: { kind, url: faultyUrl(proxy.port) },
    beside: { kind, url: faultyUrl(server.port) },
    faults: redisFaults(server, proxy),
    secrets: CREDENTIALS,
    exposed: () => exposedBy(server, watch),
    [Symbol.asyncDispose]: async () => {
      watch.stop();
      await proxy.close();
      await server.stop();
    },
  };
}

function redisFaults(server: PrivateServer, proxy: Proxy): Store['faults'] {
  const mode = (name: Proxy['mode']): ((ms: number) => Promise<void>) =>
    lasting(
      () => (proxy.mode = name),
      () => (proxy.mode = 'pass'),
    );
  const told = (begin: readonly string[], end: readonly string[]): ((ms: number) => Promise<void>) =>
    lasting(
      () => server.send(...begin),
      () => server.send(...end),
    );
  return {
    nothing: (ms) => sleep(ms),
    'killed, back at once': async (ms) => {
      await sleep(ms / 2);
      await server.restart();
      await sleep(ms / 2);
    },
    'killed, and away': lasting(
      () => server.kill(),
      () => server.restart(),
    ),
    'stopped (SIGSTOP)': lasting(
      () => server.pause(),
      () => server.resume(),
    ),
    'CLIENT PAUSE': async (ms) => {
      await server.send('CLIENT', 'PAUSE', String(ms), 'ALL');
      await sleep(ms);
    },
    'black hole': mode('blackhole'),
    'refuses connections': mode('refuse'),
    'connections cut': again(() => proxy.cut(), 60),
    'CLIENT KILL': again(() => server.send('CLIENT', 'KILL', 'TYPE', 'normal'), 60),
    'replies lost': again(
      lasting(
        () => (proxy.mode = 'drop-replies'),
        () => (proxy.mode = 'pass'),
      ).bind(null, 60),
      60,
    ),
    'replies cut off': mode('truncate'),
    'replies in pieces': mode('trickle'),
    'garbage among replies': mode('garbage'),
    'replies 200 ms late': lasting(
      () => {
        proxy.latencyMs = 200;
        proxy.mode = 'late';
      },
      () => (proxy.mode = 'pass'),
    ),
    'full (maxmemory)': told(['CONFIG', 'SET', 'maxmemory', '1'], ['CONFIG', 'SET', 'maxmemory', '0']),
    'demoted to a replica': told(['REPLICAOF', '127.0.0.1', '1'], ['REPLICAOF', 'NO', 'ONE']),
    'rights withdrawn': told(['ACL', 'SETUSER', 'app', '-@all', '+auth'], ['ACL', 'SETUSER', 'app', '+@all']),
  };
}

export async function sqliteStore(): Promise<Store> {
  const directory = await mkdtemp(join(tmpdir(), 'oauthdb-soak-'));
  const target = { kind: 'sqlite', path: join(directory, 'oauthdb.sqlite') } as const;
  return {
    through: target,
    beside: target,
    faults: {
      nothing: (ms) => sleep(ms),
      'locked by a stopped process': async (ms) => {
        const holder = startChild('hold-lock', target);
        await holder.begun;
        holder.process.kill('SIGSTOP');
        await sleep(ms);
        holder.process.kill('SIGCONT');
        holder.process.stdin?.end();
        await holder.printed;
      },
      'another process writes': async (ms) => {
        const writer = startChild('issue', target);
        await writer.begun;
        await sleep(ms);
        writer.process.kill('SIGKILL');
        await writer.printed;
      },
    },
    secrets: [],
    exposed: () => filesUnder(directory),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true }),
  };
}
