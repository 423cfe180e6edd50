import { randomUUID } from 'node:crypto';
import { InvalidClientMetadataError } from '@modelcontextprotocol/sdk/server/auth/errors.js';
import type { Client, ClientMetadata, OAuthDatabase } from '@oauthdb/core';
import { isStorable } from './presented.ts';
import type { OAuthClientInformationFull, OAuthRegisteredClientsStore } from './sdk.ts';

/**
 * The registrations of a database, as the SDK's router asks for them; dynamic registration included. One round trip each.
 *
 * A secret that has expired stays: the router says so to the client. How long registrations live is `lifetimes.client` of the
 * database, and at least as long as what is issued to the client.
 *
 * @example
 * const { getClient, registerClient } = clientsStore(db);
 * @see RFC 7591
 */
export function clientsStore(db: OAuthDatabase): Required<OAuthRegisteredClientsStore> {
  return {
    async getClient(clientId) {
      const client = isStorable(clientId) ? await db.clients.get(clientId) : null;
      return client === null ? undefined : registeredAs(client);
    },
    async registerClient(client) {
      const registration = await db.clients.register(named(client));
      if (registration.status === 'registered') return registeredAs(registration.client);
      throw new InvalidClientMetadataError('client_id is taken');
    },
  };
}

/** The router makes up an id, unless it is told not to. */
function named(client: object & { readonly client_id?: string }): ClientMetadata {
  const { client_id = randomUUID() } = client;
  const issued = client.client_id === undefined ? { client_id_issued_at: Math.floor(Date.now() / 1000) } : {};
  return { ...issued, ...client, client_id };
}

/** What the client registered, without what the database says of its own record. */
function registeredAs({
  created_at: _created,
  expires_at: _expires,
  ...client
}: Client): OAuthClientInformationFull {
  return client as unknown as OAuthClientInformationFull;
}
