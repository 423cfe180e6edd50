import type { Client, ClientMetadata, OAuthDatabase } from '@oauthdb/core';
import { adding, changing, deleting, reading } from '../bare-operations.ts';
import { each, once, type Compared, type Measured } from '../operation.ts';
import { CLIENTS, keyOf, KEYS, newKey } from '../values.ts';

function registration(id: string): ClientMetadata {
  return {
    client_id: id,
    client_name: 'An application',
    redirect_uris: ['https://app.example.com/callback'],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  };
}

async function fill(db: OAuthDatabase): Promise<void> {
  await each(0, KEYS, (i) => db.clients.register(registration(keyOf(i))));
}

/** Registers those that something is issued to. */
export async function registerAll(db: OAuthDatabase): Promise<void> {
  await each(0, CLIENTS, (i) => db.clients.register(registration(`client_${i}`)));
}

/** Makes each call ready once the clients are registered that something is issued to. */
export function afterRegistering(
  db: OAuthDatabase,
  prepare: (i: number) => unknown,
): NonNullable<Measured['ready']> {
  const registered = once(() => registerAll(db));
  return async (first, end) => {
    await registered();
    await each(first, end, prepare);
  };
}

/** Registrations of clients. */
export const clients = {
  'clients.register': {
    command: 'SET key value PX NX',
    bare: adding,
    ours: (db) => ({
      call: (i) => db.clients.register(registration(newKey(i))),
      isRight: async (_, i) => (await db.clients.get(newKey(i)))?.client_id === newKey(i),
    }),
  },
  'clients.get': {
    command: 'GET key',
    bare: reading,
    ours: (db) => ({
      ready: once(() => fill(db)),
      call: (i) => db.clients.get(keyOf(i)),
      isRight: (answer, i) => (answer as Client | null)?.client_id === keyOf(i),
    }),
  },
  'clients.update': {
    command: 'GET key, then SET key value PX',
    bare: changing,
    ours: (db) => ({
      ready: once(() => fill(db)),
      call: (i) => db.clients.update(keyOf(i), { client_name: `Application ${i}` }),
      isRight: async (_, i) => (await db.clients.get(keyOf(i)))?.client_name === `Application ${i}`,
    }),
  },
  'clients.delete': {
    command: 'DEL key; nothing was issued to it',
    bare: deleting,
    ours: (db) => ({
      ready: (first, end) => each(first, end, (i) => db.clients.register(registration(newKey(i)))),
      call: (i) => db.clients.delete(newKey(i)),
      isRight: async (answer, i) =>
        (answer as { deleted: boolean } | null)?.deleted === true &&
        (await db.clients.get(newKey(i))) === null,
    }),
  },
} as const satisfies { readonly [operation: string]: Compared };
