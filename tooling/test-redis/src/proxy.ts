import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePort, HOST } from './ports.ts';

/**
 * - `pass`: everything goes through.
 * - `blackhole`: connections open and stay open, and nothing arrives on either side. Back in `pass`
 *   what was held arrives late, as it does when a network heals.
 * - `refuse`: as if nobody listened: open connections are reset, new ones refused.
 * - `drop-replies`: requests arrive and are carried out, their replies are lost. A connection that was
 *   used meanwhile is reset when the mode changes, for a later reply would answer the wrong request.
 */
export type Mode = 'pass' | 'blackhole' | 'refuse' | 'drop-replies';

/** A TCP proxy on loopback, to put faults between a client and a server. */
export interface Proxy extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  mode: Mode;
  /** Resets all present connections. */
  cut(): void;
  /** Resets all connections and stops listening, for good. Twice is fine. */
  close(): Promise<void>;
}

interface Link {
  enter(mode: Mode): void;
  cut(): void;
}

/** Starts a proxy in front of a port. */
export async function startProxy(target: { readonly host?: string; readonly port: number }): Promise<Proxy> {
  const port = await freePort();
  const links = new Set<Link>();
  let mode: Mode = 'pass';
  const listen = (): Server =>
    createServer((client) => {
      const one = link(client, connect(target.port, target.host ?? HOST), () => links.delete(one));
      links.add(one);
      one.enter(mode);
    }).listen(port, HOST);
  let server = listen();
  await once(server, 'listening');

  const cut = (): void => {
    for (const one of links) one.cut();
  };
  const close = async (): Promise<void> => {
    const closed = server.listening ? once(server.close(), 'close') : undefined;
    cut();
    await closed;
  };
  return {
    host: HOST,
    port,
    get mode() {
      return mode;
    },
    set mode(next) {
      if (next === 'refuse') server.close();
      else if (mode === 'refuse') server = listen();
      mode = next;
      for (const one of links) one.enter(next);
    },
    cut,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Joins a client's connection to one of the server's. */
function link(client: Socket, server: Socket, ended: () => void): Link {
  let spoilt = false;
  const spoil = (): void => {
    spoilt = true;
  };
  const cut = (): void => {
    ended();
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
  join(client, server);
  join(server, client);
  return {
    cut,
    enter(mode) {
      if (mode === 'refuse' || (spoilt && mode !== 'drop-replies')) return cut();
      client.unpipe().off('data', spoil).pause();
      server.unpipe().off('data', spoil).pause();
      if (mode === 'blackhole') return;
      client.pipe(server);
      if (mode === 'pass') return void server.pipe(client);
      client.on('data', spoil);
      server.on('data', spoil).resume();
    },
  };
}
