import { open, chmod } from 'node:fs/promises';
import { EXIT, Failure } from './exit-codes.ts';

/** How much is read at a time. */
const READ = 256 * 1024;

/** Reads a dump of Redis from end to end: it begins as one, and its checksum is right. Makes it readable for its owner only. */
export async function checkRdb(path: string): Promise<{ readonly bytes: number; readonly version: number }> {
  await chmod(path, 0o600);
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const head = await bytesAt(file, 0, 9);
    const [, version] = /^(?:REDIS|VALKEY)(\d+)/.exec(head.toString('latin1')) ?? [];
    if (version === undefined || size < 18) throw damaged('it is no dump of Redis');
    const crc = new Crc64();
    for (let at = 0; at < size - 8;) {
      const chunk = await bytesAt(file, at, Math.min(READ, size - 8 - at));
      if (chunk.length === 0) throw damaged('it was changed while it was read');
      crc.update(chunk);
      at += chunk.length;
    }
    const said = (await bytesAt(file, size - 8, 8)).readBigUInt64LE();
    // 0: the server is set up not to write one (rdbchecksum no).
    if (said !== 0n && said !== crc.value) throw damaged('its checksum is wrong');
    return { bytes: size, version: Number(version) };
  } finally {
    await file.close();
  }
}

async function bytesAt(file: Awaited<ReturnType<typeof open>>, at: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, at);
  return buffer.subarray(0, bytesRead);
}

function damaged(why: string): Failure {
  return new Failure(`the dump is damaged: ${why}`, EXIT.damaged);
}

/** The CRC-64 of Redis: Jones's polynomial, reflected. In two halves of 32 bits, for big integers are slow. */
class Crc64 {
  static readonly #table = tableOf(0x95ac9329ac4bc9b5n);
  #high = 0;
  #low = 0;

  update(bytes: Uint8Array): void {
    const [highs, lows] = Crc64.#table;
    let [high, low] = [this.#high, this.#low];
    for (const byte of bytes) {
      const i = (low ^ byte) & 0xff;
      low = ((low >>> 8) | (high << 24)) ^ (lows[i] as number);
      high = (high >>> 8) ^ (highs[i] as number);
    }
    [this.#high, this.#low] = [high, low];
  }

  get value(): bigint {
    return (BigInt(this.#high >>> 0) << 32n) | BigInt(this.#low >>> 0);
  }
}

/** @param polynomial - reflected. */
function tableOf(polynomial: bigint): readonly [Int32Array, Int32Array] {
  const [highs, lows] = [new Int32Array(256), new Int32Array(256)];
  for (let i = 0; i < 256; i++) {
    let crc = BigInt(i);
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1n) === 1n ? (crc >> 1n) ^ polynomial : crc >> 1n;
    highs[i] = Number(BigInt.asIntN(32, crc >> 32n));
    lows[i] = Number(BigInt.asIntN(32, crc));
  }
  return [highs, lows];
}
