import type { Leashed } from './leash.ts';

/** Servers that run, where they are, and how to end them. */
export interface Running<T> {
  readonly at: T;
  stop(): Promise<void>;
}

/** What `make` makes of the servers that it adds; if it fails, all of them are stopped. */
export async function running<T>(
  make: (add: (server: Promise<Leashed>) => Promise<Leashed>) => Promise<T>,
): Promise<Running<T>> {
  const servers: Promise<Leashed>[] = [];
  const stop = async (): Promise<void> => {
    const stopped = servers.map((server) =>
      server.then(
        (one) => one.stop(),
        () => {},
      ),
    );
    await Promise.all(stopped);
  };
  try {
    const at = await make((server) => {
      servers.push(server);
      return server;
    });
    return { at, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
