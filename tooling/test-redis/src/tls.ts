import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { QUIET, serverDirectory, startServer } from './leash.ts';
import { freePort, HOST } from './ports.ts';
import { running, type Running } from './running.ts';

export interface Tls {
  readonly host: string;
  readonly port: number;
  /** The certificate to trust, PEM. */
  readonly ca: string;
}

/** One server that speaks TLS only, under a certificate made here. */
export function tls(): Promise<Running<Tls>> {
  return running(async (add) => {
    const dir = await serverDirectory();
    await makeCertificate(dir);
    const ca = await readFile(join(dir, 'cert.pem'), 'utf8');
    const port = await freePort();
    await add(
      startServer(dir, { port, tls: true }, [
        ...['--port', '0', '--tls-port', String(port), ...QUIET, '--tls-auth-clients', 'no'],
        ...['--tls-cert-file', 'cert.pem', '--tls-key-file', 'key.pem', '--tls-ca-cert-file', 'cert.pem'],
      ]),
    );
    return { host: HOST, port, ca };
  });
}

async function makeCertificate(dir: string): Promise<void> {
  const args = [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
    ...['-keyout', 'key.pem', '-out', 'cert.pem', '-days', '2', '-subj', '/CN=localhost'],
    ...['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
  ];
  await promisify(execFile)('openssl', args, { cwd: dir }).catch((cause: unknown) => {
    throw new Error('openssl could not make a certificate for the TLS tests; is it installed?', { cause });
  });
}
