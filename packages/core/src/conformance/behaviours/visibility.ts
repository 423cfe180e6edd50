import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import type { Behaviour } from '../suite.ts';

export const visibility: Behaviour = {
  name: 'visibility',
  cases: [
    {
      name: 'lists an entry under its tag before it can be read',
      run: async (t) => {
        const other = await t.another();
        const unlisted: string[] = [];
        const written = new AbortController();
        const watch = async (): Promise<void> => {
          while (!written.signal.aborted) {
            // A driver that answers in the same turn would leave no room for the others.
            await turn();
            const names = Array.from({ length: 40 }, (_, i) => `k${i}`);
            const entries = await other.read(
              names.map((name) => t.key(name)),
              t.at(),
            );
            const listed = await t.listed({ tag: 'all' });
            unlisted.push(...names.filter((name, i) => entries[i] !== null && !listed.includes(name)));
          }
        };
        const watching = watch();
        for (let i = 0; i < 40; i++) {
          const tags = [{ name: t.key('all'), member: `k${i}` }];
          await t.driver.commit({ puts: [t.put(`k${i}`, 'v', { tags })] }, t.at());
        }
        written.abort();
        await watching;
        assert.deepEqual(unlisted, []);
      },
    },
  ],
};
