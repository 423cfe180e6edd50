import { setTimeout as sleep } from 'node:timers/promises';
import { trial, type Tally } from '@oauthdb/core/conformance';
import { cluster } from '@oauthdb/test-redis/kinds';
import { Redis } from 'ioredis';
import { measured } from '../measured.ts';
import type { Plan } from '../plan.ts';
import { rowOf, type Row } from '../row.ts';
import { openTarget, type Target } from '../target.ts';

const COMMAND_TIMEOUT_MS = 1500;

/** A cluster whose slots are moved, and one that loses a master. */
export async function* clusters({ slots, faultMs, wanted }: Plan): AsyncGenerator<Row> {
  const backend = 'redis-cluster';
  const faults: readonly (readonly [string, (nodes: Nodes) => Promise<void>, string?])[] = [
    [`${slots} slots are moved`, (nodes) => reshard(nodes, slots)],
    ['a master fails over (CLUSTER FAILOVER)', failover],
    ['a master is killed', (nodes) => killMaster(nodes, faultMs), 'replication is asynchronous'],
  ];
  for (const [fault, run, allowed] of faults) {
    if (!wanted(fault, backend)) continue;
    const running = await cluster();
    try {
      const target: Target = { kind: 'redis-cluster', nodes: running.at.nodes };
      const { result, ...held } = await measured(() => oneTrial(target, () => run(running.at.nodes)));
      yield { ...rowOf(fault, backend, result, held), ...(allowed === undefined ? {} : { allowed }) };
    } finally {
      await running.stop();
    }
  }
}

type Nodes = readonly { readonly host: string; readonly port: number }[];

async function oneTrial(target: Target, fault: () => Promise<void>): Promise<Tally> {
  const options = { commandTimeout: COMMAND_TIMEOUT_MS };
  const databases = [openTarget(target, options), openTarget(target, options)];
  const beside = openTarget(target, { commandTimeout: 30_000 });
  try {
    for (const db of databases) await db.storeToken('before', 'token');
    return await trial({ databases, beside, commandTimeout: COMMAND_TIMEOUT_MS, fault, recoveryMs: 20_000 });
  } finally {
    for (const db of [...databases, beside]) await db.close();
  }
}

/** Moves slots from the first master to the second, as `redis-cli --cluster reshard` does. */
async function reshard([first, second, third]: Nodes, slots: number): Promise<void> {
  const [from, to, other] = [first, second, third].map((node) => new Redis({ ...node }));
  if (from === undefined || to === undefined || other === undefined || second === undefined) return;
  const [source, target] = [await from.cluster('MYID'), await to.cluster('MYID')];
  for (let slot = 0; slot < slots; slot++) {
    await to.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', source);
    await from.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', target);
    for (;;) {
      const keys = (await from.call('CLUSTER', 'GETKEYSINSLOT', slot, 100)) as string[];
      if (keys.length === 0) break;
      await from.call('MIGRATE', second.host, second.port, '', 0, 5000, 'KEYS', ...keys);
    }
    for (const node of [to, from, other]) await node.call('CLUSTER', 'SETSLOT', slot, 'NODE', target);
  }
  for (const node of [from, to, other]) node.disconnect();
}

/** The nodes are three masters, and their replicas in the same order. */
async function failover(nodes: Nodes): Promise<void> {
  const replica = new Redis({ ...nodes[3] });
  await replica.call('CLUSTER', 'FAILOVER');
  await sleep(2000);
  replica.disconnect();
}

async function killMaster(nodes: Nodes, ms: number): Promise<void> {
  const master = new Redis({ ...nodes[0], retryStrategy: () => null });
  master.on('error', () => {});
  await master.call('SHUTDOWN', 'NOSAVE').catch(() => {});
  // Its replica notices after the node time-out of two seconds, and takes over.
  await sleep(Math.max(5000, ms));
}
