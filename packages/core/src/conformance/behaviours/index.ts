import type { Backend, Behaviour } from '../suite.ts';
import { batches } from './batches.ts';
import { changes } from './changes.ts';
import { closing } from './closing.ts';
import { contention } from './contention.ts';
import { copies } from './copies.ts';
import { expiry } from './expiry.ts';
import { clients } from './grants/clients.ts';
import { crashes } from './grants/crashes.ts';
import { failing } from './grants/failing.ts';
import { grace } from './grants/grace.ts';
import { issuing } from './grants/issuing.ts';
import { grantListings } from './grants/listings.ts';
import { lostReplies } from './grants/lost-replies.ts';
import { meetings } from './grants/meetings.ts';
import { revocation } from './grants/revocation.ts';
import { rotation } from './grants/rotation.ts';
import { schedules } from './grants/schedules.ts';
import { sessions } from './grants/sessions.ts';
import { singleUse } from './grants/single-use.ts';
import { guarantees } from './guarantees.ts';
import { gateway } from './gateway/gateway.ts';
import { gatewayGrants } from './gateway/grants.ts';
import { gatewayReading } from './gateway/reading.ts';
import { hostileInput } from './hostile-input.ts';
import { isolation } from './isolation.ts';
import { listings } from './listing.ts';
import { exporting } from './operations/exporting.ts';
import { importingForeign } from './operations/importing-foreign.ts';
import { importingRevokedSchedules } from './operations/importing-revoked-schedules.ts';
import { importingRevoked } from './operations/importing-revoked.ts';
import { importingSchedules } from './operations/importing-schedules.ts';
import { importingSealed } from './operations/importing-sealed.ts';
import { importing } from './operations/importing.ts';
import { purging } from './operations/purging.ts';
import { overwriting } from './overwriting.ts';
import { reading } from './reading.ts';
import { replacing } from './replacing.ts';
import { roundTrips } from './round-trips.ts';
import { reencryptionSchedules } from './secrets/reencryption-schedules.ts';
import { reencryption } from './secrets/reencryption.ts';
import { secrets } from './secrets/secrets.ts';
import { tags } from './tags.ts';
import { taking } from './taking.ts';
import { visibility } from './visibility.ts';

/** Everything that a backend must do: the tokens you hold, what the driver promises, what a server issues. */
export const behaviours: readonly Behaviour[] = [
  roundTrips,
  overwriting,
  replacing,
  expiry,
  listings,
  batches,
  isolation,
  hostileInput,
  copies,
  closing,
  guarantees,
  contention,
  reading,
  changes,
  taking,
  tags,
  visibility,
  clients,
  singleUse,
  issuing,
  rotation,
  grace,
  revocation,
  sessions,
  grantListings,
  schedules,
  meetings,
  crashes,
  lostReplies,
  failing,
  secrets,
  reencryption,
  reencryptionSchedules,
  exporting,
  importing,
  importingForeign,
  importingSealed,
  importingSchedules,
  importingRevoked,
  importingRevokedSchedules,
  purging,
];

/** What stands in place of the behaviours that are of secrets, where everything is stored as the gateway's service stores it. */
const ofGateway: readonly Behaviour[] = [gateway, gatewayReading, gatewayGrants];

/** What a backend is held to, in the layout that it names. */
export function behavioursOf({ layout }: Backend): readonly Behaviour[] {
  if (layout !== 'gateway') return behaviours;
  return [...behaviours.filter(({ isOfSecrets }) => isOfSecrets !== true), ...ofGateway];
}
