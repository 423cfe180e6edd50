import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startProxy, type Proxy } from '../src/proxy.ts';
import { startPrivateServer, type PrivateServer } from '../src/server.ts';

let server: PrivateServer;
beforeAll(async () => {
  server = await startPrivateServer();
});
afterAll(() => server.stop());

async function open(proxy: Proxy): Promise<Socket> {
  const socket = connect(proxy.port, proxy.host).on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

/** Fulfilled when it is closed, by a reset or otherwise. */
const closing = (socket: Socket): Promise<void> =>
  new Promise((done) => void socket.once('close', () => done()));

async function ask(socket: Socket, command: string): Promise<string> {
  socket.write(`${command}\r\n`);
  const [reply] = (await once(socket, 'data')) as [Buffer];
  return reply.toString();
}

test('passes', async () => {
  await using proxy = await startProxy(server);
  const socket = await open(proxy);
  expect(await ask(socket, 'PING')).toBe('+PONG\r\n');
});

test('a black hole holds back what is sent, and delivers it late', async () => {
  await using proxy = await startProxy(server);
  const early = await open(proxy);
  proxy.mode = 'blackhole';
  const late = await open(proxy);
  early.write('INCR held\r\n');
  late.write('INCR held\r\n');
  await new Promise((done) => setTimeout(done, 100));
  expect(await server.send('GET', 'held')).toBeNull();
  proxy.mode = 'pass';
  const replies = await Promise.all([once(early, 'data'), once(late, 'data')]);
  expect(replies.map(String).toSorted()).toEqual([':1\r\n', ':2\r\n']);
});

test('refuses, and listens again on the same port', async () => {
  await using proxy = await startProxy(server);
  const socket = await open(proxy);
  const closed = closing(socket);
  proxy.mode = 'refuse';
  await closed;
  await expect(once(connect(proxy.port, proxy.host), 'connect')).rejects.toThrow('ECONNREFUSED');
  proxy.mode = 'pass';
  expect(await ask(await open(proxy), 'PING')).toBe('+PONG\r\n');
});

test('drops replies to commands that are carried out, and cuts such a connection afterwards', async () => {
  await using proxy = await startProxy(server);
  const [spoilt, idle] = [await open(proxy), await open(proxy)];
  const closed = closing(spoilt);
  proxy.mode = 'drop-replies';
  spoilt.write('INCR dropped\r\n');
  await expect.poll(() => server.send('GET', 'dropped'), { timeout: 10_000 }).toBe('1');
  expect(spoilt.bytesRead).toBe(0);
  proxy.mode = 'pass';
  await closed;
  expect(await ask(idle, 'PING')).toBe('+PONG\r\n');
});

test('delivers replies late, and those that are on their way when it is over', async () => {
  await using proxy = await startProxy(server);
  const socket = await open(proxy);
  proxy.latencyMs = 60_000;
  proxy.mode = 'late';
  socket.write('INCR late\r\n');
  await expect.poll(() => server.send('GET', 'late'), { timeout: 10_000 }).toBe('1');
  expect(socket.bytesRead).toBe(0);
  const reply = once(socket, 'data');
  proxy.mode = 'pass';
  expect(String(await reply)).toBe(':1\r\n');
});

test('delivers replies in pieces, whole in the end', async () => {
  await using proxy = await startProxy(server);
  await server.send('SET', 'long', 'x'.repeat(1000));
  const socket = await open(proxy);
  proxy.mode = 'trickle';
  const pieces: Buffer[] = [];
  socket.on('data', (piece: Buffer) => pieces.push(piece)).write('GET long\r\n');
  await expect.poll(() => Buffer.concat(pieces).toString()).toBe(`$1000\r\n${'x'.repeat(1000)}\r\n`);
});

test('breaks some replies off in their middle', async () => {
  await using proxy = await startProxy(server);
  const socket = await open(proxy);
  proxy.mode = 'truncate';
  const closed = closing(socket);
  for (let i = 0; i < 4; i++) expect(await ask(socket, 'PING')).toBe('+PONG\r\n');
  expect(await ask(socket, 'PING')).toBe('+PON');
  await closed;
});

test('puts garbage before some replies, and cuts such a connection afterwards', async () => {
  await using proxy = await startProxy(server);
  const socket = await open(proxy);
  proxy.mode = 'garbage';
  for (let i = 0; i < 3; i++) expect(await ask(socket, 'PING')).toBe('+PONG\r\n');
  const garbled = await ask(socket, 'PING');
  expect(garbled).toMatch(/\+PONG\r\n$/);
  expect(garbled.length).toBeGreaterThan('+PONG\r\n'.length);
  const closed = closing(socket);
  proxy.mode = 'pass';
  await closed;
  expect(await ask(await open(proxy), 'PING')).toBe('+PONG\r\n');
});

test('cuts present connections, and takes new ones', async () => {
  await using proxy = await startProxy(server);
  const socket = await open(proxy);
  expect(await ask(socket, 'PING')).toBe('+PONG\r\n');
  const closed = closing(socket);
  proxy.cut();
  await closed;
  expect(await ask(await open(proxy), 'PING')).toBe('+PONG\r\n');
});

test('a client learns that the server has died', async () => {
  await using own = await startPrivateServer();
  await using proxy = await startProxy(own);
  const socket = await open(proxy);
  expect(await ask(socket, 'PING')).toBe('+PONG\r\n');
  const closed = closing(socket);
  await own.kill();
  await closed;
});

test('closes twice', async () => {
  const proxy = await startProxy(server);
  await proxy.close();
  await proxy.close();
  await expect(once(connect(proxy.port, proxy.host), 'connect')).rejects.toThrow('ECONNREFUSED');
});
