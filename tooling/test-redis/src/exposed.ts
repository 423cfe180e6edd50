import { readdir, readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join, relative } from 'node:path';
import type { PrivateServer } from './server.ts';
import { encode, until } from './resp.ts';

/** Something that anybody sees who looks at a store from outside. */
export interface Exposed {
  readonly where: string;
  readonly bytes: Uint8Array;
}

/** Where {@link exposedBy} has seen what a server was sent, a line each. */
export const COMMANDS = 'a command, or the name of a key in one,';

/** Arguments of a server whose dump can be searched for what it holds. */
export const SEARCHABLE = ['--rdbcompression', 'no'] as const;

/** Listens to every command that a server is sent, with its key names and arguments, and to what its scripts do. */
export interface CommandWatch {
  /** Listens again, to a server that has come back; resolves once it does. */
  attached(): Promise<void>;
  /** As `MONITOR` tells them, a line each, up to now. */
  commands(): Promise<Buffer>;
  stop(): void;
}

/** Begins to listen; fulfilled once it does. */
export async function watchCommands(server: PrivateServer): Promise<CommandWatch> {
  const heard: Buffer[] = [];
  let socket: Socket | undefined;
  let isAttached = false;
  let isStopped = false;
  const attach = (): void => {
    if (isStopped) return;
    const one = connect(server.port, server.host);
    socket = one;
    const words = [...(server.password === undefined ? [] : [['AUTH', server.password]]), ['MONITOR']];
    one.write(words.map(encode).join(''));
    let greetings = words.length;
    one.on('data', (chunk: Buffer) => {
      heard.push(chunk);
      for (let at = chunk.indexOf('+OK'); greetings > 0 && at !== -1; at = chunk.indexOf('+OK', at + 1))
        greetings--;
      isAttached = greetings === 0;
      // It is not ready for that yet.
      if (!isAttached && chunk.includes('-')) one.destroy();
    });
    one.on('error', () => {});
    one.on('close', () => {
      isAttached = false;
      if (socket === one && !isStopped) setTimeout(attach, 20);
    });
  };
  attach();
  const attached = (): Promise<void> => until('a monitor', async () => isAttached);
  await attached();
  return {
    attached,
    commands: async () => {
      await attached();
      // What it was sent before this has been told before this.
      const last = `end of ${Math.random()}`;
      await server.send('PING', last);
      await until('the last command', async () => Buffer.concat(heard).includes(last));
      return Buffer.concat(heard);
    },
    stop: () => {
      isStopped = true;
      socket?.destroy();
    },
  };
}

/**
 * What a server exposes: its append-only file and its dump, as they are now, and the commands that it was sent. One that is paused is
 * resumed for it, and one that was killed comes back.
 */
export async function exposedBy(server: PrivateServer, watch: CommandWatch): Promise<Exposed[]> {
  server.resume();
  await server.send('SAVE').catch(async () => {
    await server.restart();
    await server.send('SAVE');
  });
  return [...(await filesUnder(server.directory)), { where: COMMANDS, bytes: await watch.commands() }];
}

/** Every file in a directory, by its path there. */
export async function filesUnder(directory: string): Promise<Exposed[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(
    paths.map(async (path) => ({ where: relative(directory, path), bytes: await readFile(path) })),
  );
}
