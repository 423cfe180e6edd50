import type { SqliteDriver } from '../../src/index.ts';

/** Opens the file, says so, and waits until standard input ends, so that several processes begin at once. */
export async function started(driver: SqliteDriver): Promise<void> {
  await driver.read(['any'], { now: 0, deadline: performance.now() + 20_000 });
  console.log('ready');
  for await (const _ of process.stdin);
}
