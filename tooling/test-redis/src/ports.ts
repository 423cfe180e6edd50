import { createServer } from 'node:net';

export const HOST = '127.0.0.1';

const handedOut = new Set<number>();

/**
 * A port of the loopback interface that nobody listens on.
 *
 * Below the range that systems take outgoing connections' ports from (32768 and up, or 49152): a
 * server that is stopped and restarted finds its port still free, and a client that keeps knocking
 * at a dead server's port cannot be given that port and connect to itself.
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 1000; tries++) {
    const port = 10_000 + Math.floor(Math.random() * 22_000);
    if (handedOut.has(port) || !(await isFree(port))) continue;
    handedOut.add(port);
    return port;
  }
  throw new Error('no free port on the loopback interface');
}

function isFree(port: number): Promise<boolean> {
  return new Promise((done) => {
    const probe = createServer();
    probe.once('error', () => done(false));
    probe.listen(port, HOST, () => probe.close(() => done(true)));
  });
}
