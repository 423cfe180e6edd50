import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { exposedBy, watchCommands } from '../src/exposed.ts';
import { FAULTY } from '../src/faults.ts';
import { startPrivateServer } from '../src/server.ts';

/** Where texts are seen, in the order of the names. */
async function whereIs(text: string, exposed: ReturnType<typeof exposedBy>): Promise<string[]> {
  const found = (await exposed).filter(({ bytes }) => Buffer.from(bytes).includes(text));
  return found.map(({ where }) => where.replace(/.*\.(rdb|aof)$/, '$1').replace(/ .*/, '')).toSorted();
}

test('a planted secret is found in the dump, in the append-only file, and among the commands', async () => {
  await using server = await startPrivateServer({ args: FAULTY });
  const watch = await watchCommands(server);
  await server.send('SET', 'a key canary', 'value canary');
  await server.send('EVAL', "return redis.call('SET', KEYS[1], 'of a script')", '1', 'scripted canary');
  await server.send('GET', 'read canary');
  for (const text of ['a key canary', 'value canary', 'scripted canary', 'of a script'])
    expect(await whereIs(text, exposedBy(server, watch))).toEqual(
      expect.arrayContaining(['a', 'aof', 'rdb']),
    );
  expect(await whereIs('read canary', exposedBy(server, watch))).toEqual(['a']);
  expect(await whereIs('another canary', exposedBy(server, watch))).toEqual([]);
  watch.stop();
});

test('a server is watched again that was stopped, killed, or that has thrown its clients out', async () => {
  await using server = await startPrivateServer({ password: 'p', args: FAULTY });
  const watch = await watchCommands(server);
  await server.send('SET', 'before', '1');
  await server.restart();
  await watch.attached();
  await server.send('SET', 'after a kill', '1');
  await server.send('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'no').catch(() => {});
  await expect.poll(() => server.send('CLIENT', 'LIST'), { timeout: 10_000 }).toContain('cmd=monitor');
  await server.send('SET', 'thrown out', '1');
  server.pause();
  const late = server.send('SET', 'while it was stopped', '1');
  await sleep(50);
  const exposed = exposedBy(server, watch);
  await late;
  for (const text of ['before', 'after a kill', 'thrown out', 'while it was stopped'])
    expect(await whereIs(text, exposed)).toContain('a');
  await server.kill();
  expect(await whereIs('thrown out', exposedBy(server, watch))).toEqual(
    expect.arrayContaining(['a', 'aof', 'rdb']),
  );
  watch.stop();
});
