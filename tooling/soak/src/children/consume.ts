/** Redeems every code of a store, several callers at a time, and prints the numbers of those that it got. */
import { openTarget } from '../target.ts';
import { begin, told } from './argument.ts';

const { target, words } = told();
const [codes, callers, serverKeyPrefix] = [Number(words[0]), Number(words[1]), String(words[2])];
const db = openTarget(target, { serverKeyPrefix, commandTimeout: 20_000 });
await db.codes.peek('none');
await begin();

const WIDTH = 64;
const won: number[] = [];
let failed = 0;
let next = 0;
await Promise.all(
  Array.from({ length: WIDTH }, async () => {
    while (next < codes) {
      const n = next++;
      const attempts = Array.from({ length: callers }, () =>
        db.codes.consume(`code ${n}`, { client_id: 'c' }),
      );
      for (const how of await Promise.allSettled(attempts)) {
        if (how.status === 'rejected') failed++;
        else if (how.value.status === 'consumed') won.push(n);
      }
    }
  }),
);
await db.close();
process.stdout.write(`${JSON.stringify({ won, failed })}\n`);
