import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, HOST } from '@oauthdb/test-redis/ports';
import { send, until, type Address } from '@oauthdb/test-redis/resp';

/** Where what is deployed stands. */
export const deployDirectory: string = fileURLToPath(new URL('../../../../deploy', import.meta.url));

export interface Deployed extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  readonly adminPassword: string;
  readonly applicationPassword: string;
  readonly pid: number;
  /** As the user "default". */
  send(...words: readonly string[]): Promise<unknown>;
}

/** Starts the redis.conf and the users.acl that are deployed, by the start.sh that is. */
export async function deploy(): Promise<Deployed> {
  const dir = await mkdtemp(join(tmpdir(), 'oauthdb-deploy-'));
  const [adminPassword, applicationPassword] = ['a'.repeat(43), 'b'.repeat(43)];
  await mkdir(join(dir, 'data'));
  await writeFile(join(dir, 'admin'), `${adminPassword}\n`);
  await writeFile(join(dir, 'application'), `${applicationPassword}\n`);
  const port = await freePort();
  const child = spawn(
    join(deployDirectory, 'start.sh'),
    ['--bind', HOST, '--port', String(port), '--loglevel', 'warning'],
    {
      cwd: join(dir, 'data'),
      env: {
        PATH: process.env['PATH'],
        REDIS_SERVER: process.env['REDIS_SERVER'],
        REDIS_CONF: deployDirectory,
        REDIS_RUN: dir,
        REDIS_PASSWORD_FILE: join(dir, 'admin'),
        OAUTHDB_PASSWORD_FILE: join(dir, 'application'),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (said += String(chunk)));
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const gone = once(child, 'close');
  const stop = async (): Promise<void> => {
    kill();
    await gone;
    process.off('exit', kill);
    await rm(dir, { recursive: true, force: true });
  };
  const at: Address = { port, password: adminPassword };
  try {
    await until('the deployed Redis', async () => (await send(at, 'PING')) === 'PONG', 15_000);
  } catch (cause) {
    await stop();
    throw new Error(`start.sh did not start it: ${said}`, { cause });
  }
  return {
    host: HOST,
    port,
    adminPassword,
    applicationPassword,
    pid: child.pid as number,
    send: (...words) => send(at, ...words),
    [Symbol.asyncDispose]: stop,
  };
}
