import { OAuthDatabaseError } from '@oauthdb/core';
import { ClientThrough } from './client-through.ts';
import type { ConnectionListener } from './client.ts';
import { commandError } from './errors.ts';
import { fieldsOf } from './fields.ts';
import { nodeOfKey } from './node-of-key.ts';

/** A client that sends nothing to a server before it has seen that the server syncs its append-only file before it answers. */
export class SyncedClient extends ClientThrough {
  /** By the name of the node, since the last connection was made. */
  #seen = new Map<string, Promise<void>>();
  readonly #good = new Set<string>();

  override send(key: string, args: readonly string[]): Promise<unknown> {
    const name = nodeOfKey(this.client, key)?.name ?? '';
    if (this.#good.has(name)) return this.client.send(key, args);
    return this.#look(name, key).then(() => this.client.send(key, args));
  }

  override listen(listener: ConnectionListener): void {
    this.client.listen({
      connected: () => listener.connected(),
      ready: () => {
        this.#seen = new Map();
        this.#good.clear();
        listener.ready();
      },
      failed: (error) => listener.failed(error),
    });
  }

  /** Looks once for all who wait; again for whoever comes after it was found wanting. */
  #look(name: string, key: string): Promise<void> {
    const under = this.#seen;
    let look = under.get(name);
    if (look === undefined) {
      look = this.#requireSync(key).then(
        () => {
          if (under === this.#seen) this.#good.add(name);
        },
        (error: unknown) => {
          under.delete(name);
          throw error;
        },
      );
      under.set(name, look);
    }
    return look;
  }

  async #requireSync(key: string): Promise<void> {
    const ask = async (name: string): Promise<unknown> => {
      const reply = await nodeOfKey(this.client, key)?.send(['CONFIG', 'GET', name]);
      return fieldsOf(reply).get(name);
    };
    try {
      const [file, sync] = await Promise.all([ask('appendonly'), ask('appendfsync')]);
      if (file === 'yes' && sync === 'always') return;
    } catch (thrown) {
      throw unseen(thrown);
    }
    throw refused(
      'the server does not sync each write: durability fsync needs appendonly yes and appendfsync always',
    );
  }
}

function unseen(thrown: unknown): OAuthDatabaseError {
  const { code, message, cause } = commandError(thrown);
  if (code === 'OAUTHDB_AUTH' || code === 'OAUTHDB_CONFIG') {
    return refused(
      'durability fsync needs the right to ask whether the server syncs each write: +config|get',
      cause,
    );
  }
  // Of what the caller wanted, nothing was sent.
  return new OAuthDatabaseError(code, message, { outcome: 'not_executed', cause });
}

function refused(message: string, cause?: unknown): OAuthDatabaseError {
  return new OAuthDatabaseError('OAUTHDB_CONFIG', message, { outcome: 'not_executed', cause });
}
