import { trial } from '@oauthdb/core/conformance';
import { measured } from '../measured.ts';
import type { Plan } from '../plan.ts';
import { rowOf, type Row } from '../row.ts';
import { redisStore, sqliteStore, type Store } from '../stores.ts';
import { openTarget } from '../target.ts';

/** Every fault of one server, and of one file, on every client. */
export async function* singleFaults({ faultMs, wanted }: Plan): AsyncGenerator<Row> {
  const stores: readonly (readonly [string, () => Promise<Store>])[] = [
    ['ioredis', () => redisStore('ioredis')],
    ['node-redis', () => redisStore('node-redis')],
    ['sqlite', () => sqliteStore()],
  ];
  for (const [backend, start] of stores) {
    await using sample = await start();
    for (const fault of Object.keys(sample.faults)) {
      if (!wanted(fault, backend)) continue;
      await using store = await start();
      const { result, ...held } = await measured(() => oneTrial(store, fault, faultMs));
      yield rowOf(fault, backend, result, held);
    }
  }
}

const COMMAND_TIMEOUT_MS = 1000;
const secrets = { keys: [{ id: 'k', key: new Uint8Array(32).fill(7) }] };

async function oneTrial(store: Store, fault: string, ms: number) {
  const options = { commandTimeout: COMMAND_TIMEOUT_MS, secrets };
  const databases = [openTarget(store.through, options), openTarget(store.through, options)];
  const beside = openTarget(store.beside, { commandTimeout: 30_000, secrets });
  try {
    for (const db of databases) await db.storeToken('before', 'token');
    return await trial({
      databases,
      beside,
      commandTimeout: COMMAND_TIMEOUT_MS,
      fault: () => store.faults[fault]?.(ms) ?? Promise.reject(new Error(`there is no fault ${fault}`)),
      workers: 4,
    });
  } finally {
    for (const db of [...databases, beside]) await db.close();
  }
}
