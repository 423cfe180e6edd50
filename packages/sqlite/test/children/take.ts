/** Takes as many entries of the file that is named, five at a time, and prints the keys of those that it got. */
import { randomUUID } from 'node:crypto';
import { started } from './started.ts';
import { SqliteDriver } from '../../src/index.ts';

const [path, times] = process.argv.slice(2);
const driver = new SqliteDriver({ path });
await started(driver);

for (let i = 0; i < Number(times); i += 5) {
  await Promise.all(
    [0, 1, 2, 3, 4].map(async (j) => {
      const key = `code ${i + j}`;
      const take = { key, attempt: randomUUID(), rememberMs: 60_000 };
      const { status } = await driver.take(take, { now: 0, deadline: performance.now() + 20_000 });
      if (status === 'taken') console.log(key);
    }),
  );
}
await driver.close();
