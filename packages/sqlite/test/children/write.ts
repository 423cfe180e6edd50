/** Writes new keys into the file that is named, eight at a time, and prints each that was acknowledged. Until it is killed. */
import { SqliteDriver } from '../../src/index.ts';

const [path, name] = process.argv.slice(2);
const driver = new SqliteDriver({ path });

async function write(lane: number): Promise<never> {
  for (let i = 0; ; i++) {
    const key = `${name}:${lane}:${i}`;
    const puts = [{ key, value: `value of ${key}`, expiresAt: null, tags: [{ name: 'all', member: key }] }];
    await driver.commit({ puts }, { now: 0, deadline: performance.now() + 20_000 });
    // Synchronous on a pipe, so that what is printed is what was acknowledged.
    console.log(key);
  }
}

await Promise.all(Array.from({ length: 8 }, (_, lane) => write(lane)));
