import { frozenGuarantees, integer, kindOf, refuseUnknownOptions, type Guarantees } from '@oauthdb/core';
import type { RedisClient } from './client.ts';
import { ReplicatedClient } from './replicated-client.ts';
import { SyncedClient } from './synced-client.ts';

/** How writes are made durable, and what for. */
export interface DurabilityOptions {
  /**
   * `default`: as the server is set up. `replicated`: a write is acknowledged once `replicas` have it, too. `fsync`: it is
   * acknowledged once it is on disk; a server that does not do so (`appendonly yes`, `appendfsync always`) is refused.
   */
  readonly profile: 'default' | 'replicated' | 'fsync';
  /**
   * How many replicas must have a write, where the profile is `replicated`. Default 1. Name all that a master has: one that was not
   * waited for may be the next master.
   */
  readonly replicas?: number | undefined;
  /**
   * How long to wait for them, in milliseconds, where the profile is `replicated`. Default a quarter of `commandTimeout`: a write may
   * have to wait for the one before it, and the server answers nothing else on this connection meanwhile.
   */
  readonly replicationTimeout?: number | undefined;
}

/** {@link DurabilityOptions}, checked and complete. */
export type Durability =
  | { readonly profile: 'default' | 'fsync' }
  | { readonly profile: 'replicated'; readonly replicas: number; readonly timeoutMs: number };

/** What a server does if nobody asks for more. */
export const DEFAULT_DURABILITY: Durability = { profile: 'default' };

const PROFILES = ['default', 'replicated', 'fsync'] as const;

/** Checks the option `durability`; throws a `TypeError` that says what was received. */
export function durabilityOf(option: unknown, commandTimeout: number): Durability {
  const given = typeof option === 'string' ? { profile: option } : (option ?? DEFAULT_DURABILITY);
  if (typeof given !== 'object' || Array.isArray(given)) {
    throw new TypeError(`durability must be the name of a profile or an object, received ${kindOf(option)}`);
  }
  refuseUnknownOptions(given, ['profile', 'replicas', 'replicationTimeout']);
  const { profile, replicas, replicationTimeout } = given as Readonly<Record<string, unknown>>;
  const known = PROFILES.find((one) => one === profile);
  if (known === undefined) {
    const received = typeof profile === 'string' ? JSON.stringify(profile) : kindOf(profile);
    throw new TypeError(`durability must be one of ${PROFILES.join(', ')}, received ${received}`);
  }
  if (known !== 'replicated') {
    if (replicas !== undefined || replicationTimeout !== undefined) {
      throw new TypeError(
        `durability.replicas and replicationTimeout would do nothing: the profile is ${known}`,
      );
    }
    return { profile: known };
  }
  return {
    profile: known,
    replicas: integer('durability.replicas', replicas ?? 1, 1, 100),
    timeoutMs: integer(
      'durability.replicationTimeout',
      replicationTimeout ?? Math.max(1, Math.floor(commandTimeout / 4)),
      1,
      // Longer, and calls would end before it does.
      Math.max(1, Math.floor(commandTimeout / 2)),
    ),
  };
}

/** The client, of which a profile asks more. */
export function durable(client: RedisClient, durability: Durability): RedisClient {
  switch (durability.profile) {
    case 'replicated':
      return new ReplicatedClient(client, durability);
    case 'fsync':
      return new SyncedClient(client);
    default:
      return client;
  }
}

const EVICTION = 'An evicting maxmemory-policy deletes without an error: use noeviction.';

/** What a profile promises. */
export function guaranteesOf(durability: Durability): Guarantees {
  const { profile } = durability;
  switch (profile) {
    case 'replicated':
      return frozenGuarantees({
        profile,
        survives: {
          processCrash: 'yes',
          serverCrash: 'configured',
          powerLoss: 'configured',
          failover: 'configured',
        },
        singleUse: 'until_failover',
        notes: [
          `A write is acknowledged once as many as ${durability.replicas} replicas have it in their memory.`,
          'A failover loses nothing of that if a master has no more replicas than these; WAIT is no consensus, and no proof.',
          'What failed with OAUTHDB_NOT_REPLICATED is there, and may be lost by a failover.',
          EVICTION,
        ],
      });
    case 'fsync':
      return frozenGuarantees({
        profile,
        survives: { processCrash: 'yes', serverCrash: 'yes', powerLoss: 'yes', failover: 'window' },
        singleUse: 'until_failover',
        notes: [
          'The server has written and synced its append-only file before it answers; that it does is looked at on each connection.',
          'A failover loses what the new master had not got.',
          EVICTION,
        ],
      });
    default:
      return frozenGuarantees({
        profile,
        survives: {
          processCrash: 'yes',
          serverCrash: 'configured',
          powerLoss: 'configured',
          failover: 'window',
        },
        singleUse: 'until_failover',
        notes: [
          'With appendonly yes nothing is lost when the server crashes, and with appendfsync everysec a second at a power cut.',
          'A failover loses what the new master had not got: the replication lag, and what the old one took until it stepped down.',
          EVICTION,
        ],
      });
  }
}
