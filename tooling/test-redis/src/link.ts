import type { Socket } from 'node:net';
import type { Mode } from './proxy.ts';

/** A client's connection, joined to one of the server's. */
export interface Link {
  enter(mode: Mode): void;
  cut(): void;
}

/** What is done with an answer on its way to the client. */
interface Passage {
  /** Takes an answer, whole or in part. */
  pass(chunk: Buffer): void;
  /** Delivers at once what is still on its way. */
  flush(): void;
}

/** Joins a client's connection to one of the server's. */
export function link(client: Socket, server: Socket, latencyMs: () => number, ended: () => void): Link {
  let mode: Mode = 'pass';
  let spoilt = false;
  let passage: Passage | undefined;
  const spoil = (): void => {
    spoilt = true;
  };
  const cut = (): void => {
    ended();
    passage = undefined;
    client.resetAndDestroy();
    server.resetAndDestroy();
  };
  const join = (one: Socket, other: Socket): void => {
    one.setNoDelay();
    one.on('error', cut);
    one.on('close', () => {
      ended();
      other.destroySoon();
    });
  };
  const forward = (chunk: Buffer): void => passage?.pass(chunk);
  join(client, server);
  join(server, client);
  return {
    cut,
    enter(next) {
      if (next === 'refuse' || (spoilt && next !== mode)) return cut();
      mode = next;
      client.unpipe().off('data', spoil).pause();
      server.unpipe().off('data', spoil).off('data', forward).pause();
      passage?.flush();
      passage = undefined;
      if (next === 'blackhole') return;
      client.pipe(server);
      if (next === 'pass') return void server.pipe(client);
      if (next === 'drop-replies' || next === 'garbage') client.on('data', spoil);
      if (next === 'drop-replies') return void server.on('data', spoil).resume();
      const write = (chunk: Buffer): void => void (client.writable && client.write(chunk));
      passage = passages[next]({ write, cut, latencyMs });
      server.on('data', forward).resume();
    },
  };
}

interface Means {
  readonly write: (chunk: Buffer) => void;
  readonly cut: () => void;
  readonly latencyMs: () => number;
}

const passages: Readonly<Record<'late' | 'trickle' | 'truncate' | 'garbage', (means: Means) => Passage>> = {
  late: ({ write, latencyMs }) => {
    const held = new Map<NodeJS.Timeout, Buffer>();
    return {
      pass(chunk) {
        const timer = setTimeout(() => {
          held.delete(timer);
          write(chunk);
        }, latencyMs());
        held.set(timer, chunk);
      },
      flush() {
        for (const [timer, chunk] of held) {
          clearTimeout(timer);
          write(chunk);
        }
      },
    };
  },

  trickle: ({ write }) => {
    let left = Buffer.alloc(0);
    const drip = (): void => {
      write(left.subarray(0, 3));
      left = left.subarray(3);
      if (left.length > 0) setImmediate(drip);
    };
    return {
      pass(chunk) {
        const idle = left.length === 0;
        left = Buffer.concat([left, chunk]);
        if (idle) setImmediate(drip);
      },
      flush() {
        write(left);
        left = left.subarray(left.length);
      },
    };
  },

  truncate: ({ write, cut }) => {
    let answers = 0;
    return {
      pass(chunk) {
        if (++answers % 5 > 0) return write(chunk);
        write(chunk.subarray(0, Math.ceil(chunk.length / 2)));
        setImmediate(cut);
      },
      flush: () => {},
    };
  },

  garbage: ({ write }) => {
    let answers = 0;
    return {
      pass(chunk) {
        if (++answers % 4 > 0) return write(chunk);
        write(Buffer.concat([GARBAGE[(answers / 4) % GARBAGE.length] as Buffer, chunk]));
      },
      flush: () => {},
    };
  },
};

/** Bytes that no server sends: they are no reply, or break off, or are an answer that nobody asked for. */
const GARBAGE: readonly Buffer[] = [
  Buffer.from([0, 255, 254, 13, 10]),
  Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'),
  Buffer.from('$99999999999\r\n'),
  Buffer.from('+OK\r\n'),
  Buffer.from(':1\r\n'),
  Buffer.from('$7\r\ngarbage\r\n'),
];
