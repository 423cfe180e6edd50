/** Adds one to the counter of the file that is named, as often as is said, four callers at a time. */
import { started } from './started.ts';
import { SqliteDriver } from '../../src/index.ts';

const [path, times] = process.argv.slice(2);
const driver = new SqliteDriver({ path });
await started(driver);
const soon = (): { now: number; deadline: number } => ({ now: 0, deadline: performance.now() + 20_000 });

async function addOne(): Promise<void> {
  for (;;) {
    const [entry] = await driver.read(['counter'], soon());
    const checks = [{ key: 'counter', version: entry?.version ?? null }];
    const puts = [{ key: 'counter', value: String(Number(entry?.value ?? 0) + 1), expiresAt: null }];
    if ((await driver.commit({ checks, puts }, soon())).committed) return;
  }
}

async function lane(): Promise<void> {
  for (let i = 0; i < Number(times) / 4; i++) await addOne();
}

await Promise.all([lane(), lane(), lane(), lane()]);
await driver.close();
