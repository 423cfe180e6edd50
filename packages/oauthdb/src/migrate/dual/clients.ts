import type { Client, OAuthDatabase } from '@oauthdb/core';
import { copyOf, either, following, mirror, most, union, unionPage, type Pair } from './pair.ts';

type Clients = OAuthDatabase['clients'];

export function dualClients(pair: Pair): Clients {
  const { old, next } = pair;
  const synced = (id: string): Promise<unknown> =>
    mirror<Client>({
      read: () => old.clients.get(id),
      put: async (record) => {
        const one = { kind: 'client', id, expires_at: record.expires_at, record } as const;
        const { refused } = await next.import([one], { mode: 'replace' });
        // It was deleted there, and was registered anew.
        if (refused > 0) await next.clients.register(record);
      },
      remove: () => next.import([{ kind: 'client', id, removed: true }]),
    });
  return {
    async register(given) {
      const metadata = copyOf(given);
      const { client_id: id } = metadata ?? {};
      // What is wrong with it is for the one that decides to say.
      const isNamed = typeof id === 'string' && id !== '' && id.isWellFormed() && id.length <= 2048;
      const isNew = isNamed && (await next.clients.get(id)) !== null && (await old.clients.get(id)) === null;
      if (isNew) return next.clients.register(metadata);
      const registration = await old.clients.register(metadata);
      await synced(id);
      return registration;
    },
    get: (id) => either(pair, (db) => db.clients.get(id)),
    async update(id, change) {
      const changed = await old.clients.update(id, change);
      if (changed === null) return next.clients.update(id, change);
      await synced(id);
      return changed;
    },
    async delete(id) {
      const one = await old.clients.delete(id);
      const other = await following(() => next.clients.delete(id));
      // Who found the registration in the one that follows may have issued something in between.
      await following(() => old.revoke({ clientId: id }));
      return { deleted: one.deleted || other.deleted, revoked: most(one.revoked, other.revoked) };
    },
    list: (owner) =>
      union(
        pair,
        (db) => db.clients.list(owner),
        ({ client_id: id }) => id,
      ),
    listPage: (page) =>
      unionPage(
        pair,
        page?.after,
        (db, from) => db.clients.listPage(from),
        async ({ client_id: id }) => (await next.clients.get(id)) !== null,
      ),
  };
}
