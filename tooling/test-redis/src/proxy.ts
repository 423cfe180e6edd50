import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { link, type Link } from './link.ts';
import { freePort, HOST } from './ports.ts';

/**
 * - `pass`: everything goes through.
 * - `blackhole`: connections open and stay open, and nothing arrives on either side. Back in `pass`
 *   what was held arrives late, as it does when a network heals.
 * - `refuse`: as if nobody listened: open connections are reset, new ones refused.
 * - `drop-replies`: requests arrive and are carried out, their replies are lost. A connection that was
 *   used meanwhile is reset when the mode changes, for a later reply would answer the wrong request.
 * - `late`: replies arrive `latencyMs` after they were sent.
 * - `trickle`: replies arrive three bytes at a time.
 * - `truncate`: every fifth reply breaks off in its middle, and its connection is reset.
 * - `garbage`: some replies follow upon bytes that are none, or upon replies that nobody asked for. A connection that was used
 *   meanwhile is reset when the mode changes.
 */
export type Mode =
  | 'pass'
  | 'blackhole'
  | 'refuse'
  | 'drop-replies'
  | 'late'
  | 'trickle'
  | 'truncate'
  | 'garbage';

/** A TCP proxy on loopback, to put faults between a client and a server. */
export interface Proxy extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  mode: Mode;
  /** Milliseconds, for `late`. Default 100. */
  latencyMs: number;
  /** Resets all present connections. */
  cut(): void;
  /** Resets all connections and stops listening, for good. Twice is fine. */
  close(): Promise<void>;
}

/** Starts a proxy in front of a port. */
export async function startProxy(target: { readonly host?: string; readonly port: number }): Promise<Proxy> {
  const port = await freePort();
  const links = new Set<Link>();
  let mode: Mode = 'pass';
  let latencyMs = 100;
  const listen = (): Server =>
    createServer((client) => {
      const server = connect(target.port, target.host ?? HOST);
      const one = link(
        client,
        server,
        () => latencyMs,
        () => links.delete(one),
      );
      links.add(one);
      one.enter(mode);
    }).listen(port, HOST);
  let listening = listen();
  await once(listening, 'listening');

  const cut = (): void => {
    for (const one of links) one.cut();
  };
  const close = async (): Promise<void> => {
    const closed = listening.listening ? once(listening.close(), 'close') : undefined;
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
      if (next === 'refuse') listening.close();
      else if (mode === 'refuse') listening = listen();
      mode = next;
      for (const one of links) one.enter(next);
    },
    get latencyMs() {
      return latencyMs;
    },
    set latencyMs(ms) {
      latencyMs = ms;
    },
    cut,
    close,
    [Symbol.asyncDispose]: close,
  };
}
