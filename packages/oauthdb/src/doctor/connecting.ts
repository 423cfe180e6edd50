import { lookup } from 'node:dns/promises';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { monotonicNow } from '@oauthdb/core';
import { failed, passed, type Step } from './step.ts';

/** Where a server is. */
export interface Place {
  readonly host: string;
  readonly port: number;
  /** Present where TLS is spoken. */
  readonly tls?: ConnectionOptions | undefined;
}

/** The steps to a connection: the name, TCP, TLS. They end with the first one that fails. */
export async function* connecting(place: Place, timeoutMs: number): AsyncGenerator<Step, void, undefined> {
  const resolved = await resolution(place);
  yield resolved;
  if (!resolved.ok) return;
  const tried = await tcp(place, timeoutMs);
  yield tried;
  if (tried.ok && place.tls !== undefined) yield await tls(place, place.tls, timeoutMs);
}

async function resolution({ host }: Place): Promise<Step> {
  const name = 'name resolution';
  if (isIP(host) !== 0) return passed(name, `${host} is an address`);
  try {
    const found = await lookup(host, { all: true });
    return passed(name, `${host} is ${found.map(({ address }) => address).join(', ')}`);
  } catch (error) {
    return failed(
      name,
      `${host} is not known (${codeOf(error)})`,
      'look for a typing error; in a container, whether both are on the same network; or ask the name server',
    );
  }
}

async function tcp({ host, port }: Place, timeoutMs: number): Promise<Step> {
  const name = 'TCP';
  const began = monotonicNow();
  try {
    const socket = await opened(connect({ host, port }), 'connect', timeoutMs);
    socket.destroy();
    return passed(name, `${host}:${port} takes connections, in ${(monotonicNow() - began).toFixed(1)} ms`);
  } catch (error) {
    const code = codeOf(error);
    const remedy =
      code === 'ECONNREFUSED'
        ? 'nothing listens there: is the server running, on this port, and bound to this address?'
        : 'something on the way swallows it: look at firewalls, and at the addresses that the server is bound to';
    return failed(name, `${host}:${port} cannot be reached (${code})`, remedy);
  }
}

async function tls({ host, port }: Place, options: ConnectionOptions, timeoutMs: number): Promise<Step> {
  const name = 'TLS';
  const servername = isIP(host) === 0 ? { servername: host } : {};
  try {
    const socket = await opened(
      connectTls({ ...servername, ...options, host, port }),
      'secureConnect',
      timeoutMs,
    );
    const until = socket.getPeerCertificate().valid_to;
    const detail = `${socket.getProtocol() ?? 'TLS'}, the certificate is good until ${new Date(until).toISOString().slice(0, 10)}`;
    socket.destroy();
    return passed(name, detail);
  } catch (error) {
    const code = codeOf(error);
    const remedy = /CERT|SIGNATURE|ISSUER|ALTNAME/.test(code)
      ? 'name the certificate authority by --tls-ca, and the server as its certificate does'
      : 'does the server speak TLS on this port? Without TLS the URL begins with redis://';
    return failed(name, `no TLS with ${host}:${port} (${code})`, remedy);
  }
}

function opened<S extends Socket | TLSSocket>(socket: S, event: string, timeoutMs: number): Promise<S> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      socket.destroy();
      reject(error);
    };
    socket.setTimeout(timeoutMs, () => fail(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })));
    socket.once('error', fail);
    socket.once(event, () => {
      // What comes later is nobody's business.
      socket
        .setTimeout(0)
        .off('error', fail)
        .on('error', () => {});
      resolve(socket);
    });
  });
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
