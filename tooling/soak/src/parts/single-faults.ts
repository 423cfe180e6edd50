import { Canaries, trial, type Tally } from '@oauthdb/core/conformance';
import { COMMANDS } from '@oauthdb/test-redis/exposed';
import { measured } from '../measured.ts';
import type { Plan } from '../plan.ts';
import { rowOf, type Row, type Searched } from '../row.ts';
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
      yield await oneTrial(store, fault, backend, faultMs);
    }
  }
}

const COMMAND_TIMEOUT_MS = 1000;

/** Works on a store while it is broken, and looks for secrets in what it shows afterwards. */
export async function oneTrial(store: Store, fault: string, backend: string, ms: number): Promise<Row> {
  const canaries = new Canaries(store.secrets);
  const secrets = { keys: [{ id: 'k', key: canaries.key() }], pepper: canaries.secret('pepper') };
  const options = { commandTimeout: COMMAND_TIMEOUT_MS, secrets };
  const databases = [openTarget(store.through, options), openTarget(store.through, options)];
  const beside = openTarget(store.beside, { commandTimeout: 30_000, secrets });
  try {
    for (const db of databases) await db.storeToken('before', 'token');
    const { result, ...held } = await measured(() =>
      trial({
        databases,
        beside,
        commandTimeout: COMMAND_TIMEOUT_MS,
        fault: () => store.faults[fault]?.(ms) ?? Promise.reject(new Error(`there is no fault ${fault}`)),
        canaries,
        workers: 4,
      }),
    );
    return rowOf(fault, backend, result, { ...held, searched: await search(store, canaries, result) });
  } finally {
    for (const db of [...databases, beside]) await db.close();
  }
}

/** Looks for secrets in what a store has come to show. That the errors show none, the trial has seen. */
async function search(store: Store, canaries: Canaries, { failures, malformed }: Tally): Promise<Searched> {
  const exposed = await store.exposed();
  const commands = exposed.find(({ where }) => where === COMMANDS)?.bytes;
  return {
    errors: [...failures.values()].reduce((sum, count) => sum + count, 0),
    files: exposed.filter(({ where }) => where !== COMMANDS).length,
    commands: commands === undefined ? 0 : Buffer.from(commands).toString('latin1').split('\n').length - 1,
    found: [
      ...malformed.filter((wrong) => wrong.startsWith('shows a secret')).map((wrong) => `an error ${wrong}`),
      ...exposed.flatMap(({ where, bytes }) =>
        canaries.atRest(bytes, true).map((kind) => `${where} shows a secret: ${kind}`),
      ),
    ],
  };
}
