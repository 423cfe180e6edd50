import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { startPrivateServer } from '../src/server.ts';

test('a private server wants its password', async () => {
  await using server = await startPrivateServer({ password: 'p w' });
  expect(await server.send('SET', 'k', 'v')).toBe('OK');
  expect(await server.send('GET', 'k')).toBe('v');
  expect(await server.send('GET', 'none')).toBeNull();
  await expect(server.send('NONSENSE')).rejects.toThrow('unknown command');
});

test('a paused server keeps quiet until it is resumed', async () => {
  await using server = await startPrivateServer();
  server.pause();
  let answered = false;
  const reply = server.send('PING').then((text) => ((answered = true), text));
  await new Promise((done) => setTimeout(done, 100));
  expect(answered).toBe(false);
  server.resume();
  expect(await reply).toBe('PONG');
});

test('a killed server refuses, and comes back on its port with what it had saved', async () => {
  await using server = await startPrivateServer({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] });
  const { port, pid } = server;
  await server.send('SET', 'k', 'v');
  await server.kill();
  await server.kill();
  await expect(server.send('PING')).rejects.toThrow('ECONNREFUSED');
  await server.restart();
  expect(server.port).toBe(port);
  expect(server.pid).not.toBe(pid);
  expect(await server.send('GET', 'k')).toBe('v');
});

test('a stopped server is gone with its directory, even when it was paused', async () => {
  const server = await startPrivateServer();
  const [, dir] = (await server.send('CONFIG', 'GET', 'dir')) as readonly [string, string];
  expect(existsSync(dir)).toBe(true);
  server.pause();
  await server.stop();
  await server.stop();
  expect(existsSync(dir)).toBe(false);
  await expect(server.send('PING')).rejects.toThrow('ECONNREFUSED');
});

test('a server that cannot start says why', async () => {
  await expect(startPrivateServer({ args: ['--no-such-option', '1'] })).rejects.toThrow('no-such-option');
});
