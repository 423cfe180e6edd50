/**
 * A redis-server process on a leash: on loopback, in a directory of its own, and gone together with
 * that directory once this process is, however it dies.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { HOST } from './ports.ts';
import { send, type Address } from './resp.ts';

/** The redis-server to run: `REDIS_SERVER` (what the set-up found or fetched), else the PATH's. */
const binary = process.env['REDIS_SERVER'] || 'redis-server';

// The shell tells the server's process id on descriptor 3, and ends when the server does. Its
// standard input (4, as background jobs get none) ends when whoever started it lets go or dies; then
// the server is killed, which works even on one that is stopped, and its directory goes.
const LEASH = `
  exec 4<&0
  "$@" 3>&- 4<&- & server=$!
  echo $server >&3; exec 3>&-
  { read -r _ <&4; trap '' TERM; kill -9 $server; rm -rf "$PWD"; } & watch=$!
  wait $server; kill $watch
`;

/** Arguments of a server that has nothing to keep. */
export const QUIET = ['--bind', HOST, '--save', '', '--appendonly', 'no', '--loglevel', 'warning'] as const;

export interface Leashed {
  readonly pid: number;
  /** Fulfilled once the server has ended, whatever the reason. */
  readonly ended: Promise<void>;
  /** Sends the server a signal; nothing happens if it has ended. */
  signal(name: NodeJS.Signals): void;
  /** Ends the server and removes its directory. Twice is fine. */
  stop(): Promise<void>;
}

/** A new directory, for one server. */
export function serverDirectory(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'oauthdb-redis-'));
}

/** Starts a server in its directory, and waits until it answers at this address. */
export async function startServer(dir: string, address: Address, args: readonly string[]): Promise<Leashed> {
  const child = spawn('sh', ['-c', LEASH, 'sh', binary, ...args], {
    cwd: dir,
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
  });
  const ended = new Promise<void>((done) => {
    child.once('close', () => done());
    child.once('error', () => done());
  });
  const stop = async (): Promise<void> => {
    child.stdin?.end();
    await ended;
    await rm(dir, { recursive: true, force: true });
  };
  const log = lastOutput(child);
  const pid = firstLine(child.stdio[3] as Readable);
  try {
    await answering(child, address);
  } catch (cause) {
    await stop();
    throw new Error(`${binary} did not start on port ${address.port}:\n${log()}`, { cause });
  }
  const server = Number(await pid);
  return { pid: server, ended, stop, signal: (name) => signal(child, server, name) };
}

/**
 * Waits for an answer. A connection alone says little: redis-server listens before it has read its
 * users, and may still give up.
 */
async function answering(child: ChildProcess, address: Address): Promise<void> {
  const end = performance.now() + 30_000;
  for (;;) {
    const reply = await send(address, 'PING').catch((error: unknown) => error);
    if (reply === 'PONG') return;
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) {
      throw new Error('it ended by itself');
    }
    if (performance.now() > end) throw new Error('no answer within 30 s', { cause: reply });
    await sleep(10);
  }
}

function signal(shell: ChildProcess, server: number, name: NodeJS.Signals): void {
  // The shell ends with the server. Afterwards the number may be another process's.
  if (shell.exitCode !== null || shell.signalCode !== null) return;
  try {
    process.kill(server, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function lastOutput(child: ChildProcess): () => string {
  let text = '';
  const keep = (chunk: Buffer): void => {
    text = (text + chunk.toString()).slice(-4000);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  child.stdin?.on('error', () => {}); // it may have ended before we let go
  return () => text;
}

async function firstLine(stream: Readable): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return text.trim();
}
