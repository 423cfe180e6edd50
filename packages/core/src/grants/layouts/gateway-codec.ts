import type { Codec } from '../codec.ts';
import type { Keys } from '../keys.ts';
import { fromGateway, toGateway } from './gateway-record.ts';

/** Records in the service's form; what it knows nothing of, sessions and rotated tokens, in this library's. */
export function gatewayCodec(plain: Codec, keys: Keys): Codec {
  return {
    encode(key, record, bound) {
      const ref = keys.refOf(key);
      if (ref === null || ref.kind === 'session') return plain.encode(key, record, bound);
      const stored = toGateway(ref.kind, ref.id, record as Readonly<Record<string, unknown>>);
      return plain.encode(key, stored, bound);
    },
    decode(key, value) {
      const stored = plain.decode(key, value);
      const ref = keys.refOf(key);
      return ref === null || ref.kind === 'session' ? stored : fromGateway(ref.kind, ref.id, stored);
    },
    containing: (key, bindings) => plain.containing(key, bindings),
  };
}
