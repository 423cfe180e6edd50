import { expect, inject, test } from 'vitest';
import { send } from '../src/resp.ts';
import type {} from '../src/setup.ts';

test('standalone: the user reaches its own keys, with and without a hash tag, and no others', async () => {
  const { host, port, password, user } = inject('standalone');
  expect(await send({ host, port, password }, 'PING')).toBe('PONG');
  const as = { host, port, ...user };
  expect(await send(as, 'SET', 'app:1', '1')).toBe('OK');
  expect(await send(as, 'SET', '{app:1}:expiry', '1')).toBe('OK');
  expect(await send(as, 'EVAL', "return redis.call('DEL', KEYS[1])", '1', 'app:1')).toBe(1);
  expect(await send(as, 'DEL', '{app:1}:expiry')).toBe(1);
  await expect(send(as, 'GET', 'other:1')).rejects.toThrow(/NOPERM/);
  await expect(send(as, 'FLUSHDB')).rejects.toThrow(/NOPERM/);
  await expect(send(as, 'KEYS', 'app:*')).rejects.toThrow(/NOPERM/);
});

test('tls: a server under a certificate made for it', async () => {
  const { host, port, ca } = inject('tls');
  expect(await send({ host, port, tls: true }, 'PING')).toBe('PONG');
  expect(ca).toContain('BEGIN CERTIFICATE');
});

test('cluster: three masters that serve all slots, each with a replica', async () => {
  const { nodes } = inject('cluster');
  expect(nodes).toHaveLength(6);
  for (const node of nodes) {
    const info = String(await send(node, 'CLUSTER', 'INFO'));
    expect(info).toContain('cluster_state:ok');
    expect(info).toContain('cluster_slots_ok:16384');
  }
});

test('sentinel: three that agree on the master', async () => {
  const { name, sentinels, master } = inject('sentinel');
  const answers = await Promise.all(
    sentinels.map((one) => send(one, 'SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name)),
  );
  for (const answer of answers) expect(answer).toEqual(['127.0.0.1', String(master)]);
  expect(answers).toHaveLength(3);
});
