import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { setTimeout as sleep } from 'node:timers/promises';
import { HOST } from './ports.ts';

export interface Address {
  readonly host?: string | undefined;
  readonly port: number;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** Speak TLS, and accept whatever certificate there is. */
  readonly tls?: boolean | undefined;
}

export type Reply = string | number | null | readonly Reply[];

/** Sends one command on a connection of its own. An error reply is thrown. */
export async function send(address: Address, ...words: readonly string[]): Promise<Reply> {
  const { username, password } = address;
  const auth = password ? [['AUTH', ...(username ? [username] : []), password]] : [];
  const commands = [...auth, words];
  const replies = await exchange(open(address), commands.map(encode).join(''), commands.length);
  for (const reply of replies) if (reply instanceof Error) throw reply;
  return replies.at(-1) as Reply;
}

/** Asks until the answer is yes; an error counts as no. */
export async function until(what: string, test: () => Promise<boolean>, ms = 30_000): Promise<void> {
  const end = performance.now() + ms;
  let last: unknown;
  const tryOnce = (): Promise<boolean> => test().catch((error: unknown) => ((last = error), false));
  while (!(await tryOnce())) {
    if (performance.now() > end) throw new Error(`${what}: not within ${ms} ms`, { cause: last });
    await sleep(20);
  }
}

function open({ host = HOST, port, tls = false }: Address): Socket {
  return tls ? connectTls({ host, port, rejectUnauthorized: false }) : connect(port, host);
}

export function encode(words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((w) => `$${Buffer.byteLength(w)}\r\n${w}\r\n`).join('')}`;
}

function exchange(socket: Socket, request: string, count: number): Promise<(Reply | Error)[]> {
  return new Promise((done, fail) => {
    let received = Buffer.alloc(0);
    socket.setTimeout(5_000, () => socket.destroy(new Error('no answer within 5000 ms')));
    socket.once('error', fail);
    socket.once('close', () => fail(new Error('the server closed the connection')));
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      const replies = parse(received, count);
      if (replies === undefined) return;
      done(replies);
      socket.destroy();
    });
    socket.write(request);
  });
}

/** The first `count` replies of RESP 2, or undefined as long as they are not complete. */
function parse(data: Buffer, count: number): (Reply | Error)[] | undefined {
  let at = 0;
  const next = (): Reply | Error => {
    const end = data.indexOf('\r\n', at);
    if (end < 0) throw incomplete;
    const type = data.toString('latin1', at, at + 1);
    const line = data.toString('utf8', at + 1, end);
    at = end + 2;
    if (type === '-') return new Error(line);
    if (type === ':') return Number(line);
    if (type === '+') return line;
    if (line === '-1') return null;
    if (type === '*') return Array.from({ length: Number(line) }, next) as Reply[];
    at += Number(line) + 2;
    if (at > data.length) throw incomplete;
    return data.toString('utf8', end + 2, at - 2);
  };
  try {
    return Array.from({ length: count }, next);
  } catch (error) {
    if (error === incomplete) return undefined;
    throw error;
  }
}

const incomplete = new Error('incomplete');
