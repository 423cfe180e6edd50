/** Where a Redis cluster keeps a key. */

const TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
  return crc;
});

/** How many slots a cluster has. */
export const SLOTS = 16_384;

/**
 * The hash slot of a key, as the cluster specification defines it: CRC16 of its hash tag, or of all of it, modulo 16384.
 *
 * @see https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#key-distribution-model
 */
export function slotOf(key: string): number {
  return crc16(hashTag(key) ?? key) % SLOTS;
}

/** What stands between the first `{` and the next `}`, if anything does. */
export function hashTag(key: string): string | null {
  const open = key.indexOf('{');
  if (open < 0) return null;
  const close = key.indexOf('}', open + 1);
  return close > open + 1 ? key.slice(open + 1, close) : null;
}

/** Whether everything that begins with one of `prefixes` is kept in one slot. */
export function inOneSlot(prefixes: readonly string[]): boolean {
  const tagged = prefixes.every((prefix) => hashTag(prefix) !== null);
  return tagged && new Set(prefixes.map(slotOf)).size === 1;
}

/** The CRC16 (XMODEM) of a text's UTF-8 bytes, going on from `crc`. */
export function crc16(text: string, crc = 0): number {
  let sum = crc;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 127) return ofBytes(Buffer.from(text.slice(i)), sum);
    sum = step(sum, unit);
  }
  return sum;
}

function ofBytes(bytes: Buffer, crc: number): number {
  let sum = crc;
  for (const byte of bytes) sum = step(sum, byte);
  return sum;
}

function step(crc: number, byte: number): number {
  // The index is a byte, and the table has one entry for each.
  return ((crc << 8) & 0xffff) ^ (TABLE[(crc >> 8) ^ byte] as number);
}
