/** A connection that is used for nothing else. */
interface Asking {
  info(section: string): Promise<string>;
}

/** CPU time that these servers have used so far, in microseconds. */
export async function cpuOf(servers: readonly Asking[]): Promise<number> {
  const seconds = await Promise.all(
    servers.map(async (server) => {
      const text = await server.info('cpu');
      const used = [...text.matchAll(/^used_cpu_(?:user|sys):([\d.]+)/gm)];
      return used.reduce((sum, [, value]) => sum + Number(value), 0);
    }),
  );
  return seconds.reduce((sum, one) => sum + one, 0) * 1e6;
}
