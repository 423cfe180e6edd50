/** Issues pairs of tokens until it is killed, eight callers at a time; prints each before it is issued, and when it is. */
import { writeSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { openTarget } from '../target.ts';
import { told } from './argument.ts';

const { target } = told();
const db = openTarget(target);
const say = (line: string): unknown => writeSync(1, `${line}\n`);
await Promise.all(
  Array.from({ length: 8 }, async () => {
    for (;;) {
      const id = randomUUID();
      say(`begun ${id}`);
      const tokens = { accessToken: { jti: id }, refreshToken: { token: `refresh ${id}` } };
      await db.issue({ client_id: 'c', username: `user ${id}`, ...tokens });
      say(`issued ${id}`);
    }
  }),
);
