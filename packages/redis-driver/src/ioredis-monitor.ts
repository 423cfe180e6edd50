import type { Socket } from 'node:net';
import type { Ioredis } from './ioredis-client.ts';
import { parseMonitored, type MonitoredCommand, type StopMonitoring } from './monitored.ts';

/** What an ioredis client has for watching commands; a cluster has it in its nodes only. */
export interface MonitorsIoredis {
  duplicate(options: {
    readonly lazyConnect: true;
    retryStrategy(): null;
  }): Pick<Ioredis, 'call' | 'connect' | 'on' | 'disconnect'> & { readonly stream: Socket };
}

/**
 * Watches the commands of a server by ioredis.
 *
 * ioredis connects, and we read: its own monitor takes what comes together with the answer to `MONITOR` for an answer nobody has
 * asked for and breaks off, which on a busy server is the rule; and where the server refuses, it leaves a connection behind.
 */
export async function monitorIoredis(
  ioredis: MonitorsIoredis,
  listener: (command: MonitoredCommand) => void,
): Promise<StopMonitoring> {
  const client = ioredis.duplicate({ lazyConnect: true, retryStrategy: () => null });
  try {
    await new Promise<void>((resolve, reject) => {
      // Without a listener, errors would be printed.
      client.on('error', reject);
      client.on('close', () => reject(new Error('Connection is closed.')));
      start(client, (line) => {
        const command = parseMonitored(line.slice(1));
        if (command !== null) listener(command);
        else if (line.startsWith('-')) reject(new Error(line.slice(1)));
        else resolve();
      }).catch(reject);
    });
  } catch (error) {
    client.disconnect();
    throw error;
  }
  return () => client.disconnect();
}

async function start(
  client: ReturnType<MonitorsIoredis['duplicate']>,
  onLine: (line: string) => void,
): Promise<void> {
  await client.connect();
  // Once this is answered, so is all that ioredis has asked on its own, and the connection is ours.
  await client.call('PING', []).catch(ignoreRefusal);
  const { stream } = client;
  let rest = '';
  stream.removeAllListeners('data');
  stream.on('data', (chunk: Buffer) => {
    // Redis escapes whatever is not ASCII, and line ends.
    const lines = (rest + chunk.toString('latin1')).split('\r\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  });
  stream.write('MONITOR\r\n');
}

function ignoreRefusal(): void {
  // A user may be allowed nothing but to watch; a connection that is lost is told by its event.
}
