import type { Calls } from '../calls.ts';
import type { Driver } from '../driver.ts';
import type { ResolvedOptions } from '../options.ts';
import type { Region } from '../secrets/reencrypt.ts';
import { AccessTokens } from './access-tokens.ts';
import { Clients } from './clients.ts';
import { bindingsOf, recordCodec } from './codec.ts';
import { Codes } from './codes.ts';
import { hashedHandles, plainHandles } from './handles.ts';
import { Issuer } from './issue.ts';
import { Keys } from './keys.ts';
import { gatewayCodec } from './layouts/gateway-codec.ts';
import type { GrantOwner } from './owner.ts';
import { RecordStore } from './record-store.ts';
import { BOUND } from './redeem.ts';
import { RefreshTokens } from './refresh-tokens.ts';
import { revoke, type Revoked } from './revoke.ts';
import { Rotator } from './rotate.ts';
import { Sessions } from './sessions.ts';
import { States } from './states.ts';

/** Everything that an authorization server issues, wired together over one driver. */
export class Grants {
  readonly clients: Clients;
  readonly states: States;
  readonly codes: Codes;
  readonly accessTokens: AccessTokens;
  readonly refreshTokens: RefreshTokens;
  readonly sessions: Sessions;
  readonly issuer: Issuer;
  /** Where it is stored. */
  readonly region: Region;
  readonly records: RecordStore;

  constructor(driver: Driver, calls: Calls, options: ResolvedOptions) {
    const { serverKeyPrefix, layout, handles, secrets, lifetimes, now, ownClock, lapsingClients, rotation } =
      options;
    const isShared = layout === 'gateway';
    const keys = new Keys(
      serverKeyPrefix,
      handles === 'plain' ? plainHandles : hashedHandles(secrets.pepper),
      isShared,
    );
    const plainCodec = recordCodec(secrets.keyRing);
    const codec = isShared ? gatewayCodec(plainCodec, keys) : plainCodec;
    // The first releases of the service stored registrations as hashes.
    const reading = isShared ? driver.withHashes?.(keys.prefixOf('client')) : undefined;
    const parts = {
      driver: reading ?? driver,
      calls,
      codec,
      keys,
      lifetimes,
      lapsingClients,
      isShared,
      now,
      ownClock,
    };
    const records = new RecordStore(parts);
    this.records = records;
    this.clients = new Clients(records);
    this.states = new States(records);
    this.codes = new Codes(records);
    this.accessTokens = new AccessTokens(records);
    this.refreshTokens = new RefreshTokens(records, new Rotator(records, rotation));
    this.sessions = new Sessions(records);
    this.issuer = new Issuer(records, this.codes);
    this.region = regionOf(serverKeyPrefix, records);
  }

  revoke(owner: GrantOwner): Promise<Revoked> {
    return revoke(this.records, 'revoke', owner);
  }
}

function regionOf(prefix: string, records: RecordStore): Region {
  const { keys } = records;
  return {
    prefix,
    holds: (key) => keys.refOf(key) !== null,
    describe: (key, text) => {
      const ref = keys.refOf(key);
      if (ref === null) return {};
      const record = records.decode(ref.kind, key, text);
      const guarded = ref.kind === 'code' ? bindingsOf(record, BOUND) : [];
      return { tags: records.tagsOf(ref.kind, ref.id, record), guarded };
    },
  };
}
