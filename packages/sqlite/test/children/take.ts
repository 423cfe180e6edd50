/** Takes as many entries of the file that is named, in an order of its own, five at a time, and prints the keys that it got. */
import { randomUUID } from 'node:crypto';
import { started } from './started.ts';
import { SqliteDriver } from '../../src/index.ts';

const [path, times] = process.argv.slice(2);
const driver = new SqliteDriver({ path });
await started(driver);

const order = Array.from({ length: Number(times) }, (_, i) => i).toSorted(() => Math.random() - 0.5);
for (let i = 0; i < order.length; i += 5) {
  await Promise.all(
    order.slice(i, i + 5).map(async (n) => {
      const key = `code ${n}`;
      const take = { key, attempt: randomUUID(), rememberMs: 60_000 };
      const { status } = await driver.take(take, { now: 0, deadline: performance.now() + 20_000 });
      if (status === 'taken') console.log(key);
    }),
  );
}
await driver.close();
