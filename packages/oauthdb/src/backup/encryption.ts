import { createCipheriv, createDecipheriv, randomBytes, timingSafeEqual } from 'node:crypto';
import { Transform, type TransformCallback } from 'node:stream';
import { damaged, locked } from './errors.ts';
import { deriveKey, isDerivation, newDerivation, type Derivation } from './lock.ts';

/**
 * The form of an encrypted file: this line, a line of JSON that says how, and then chunks, each sealed by AES-256-GCM.
 *
 * The nonce of a chunk is a random prefix, its number, and whether it is the last one (the STREAM construction of Hoang, Reyhanitabar,
 * Rogaway and Vizár), and both lines are authenticated with each: a file that was cut, or whose chunks were swapped or left out,
 * does not open.
 */
export const MAGIC = 'oauthdb encrypted backup 1\n';

const CHUNK = 64 * 1024;
const TAG = 16;

/** How a file is encrypted. */
interface Lock {
  readonly cipher: 'aes-256-gcm-stream';
  readonly chunk: number;
  /** base64url of 7 bytes. */
  readonly prefix: string;
  readonly derivation: Derivation;
  readonly verifier: string;
}

/** A transformation that encrypts a file. */
export async function encrypting(secret: Uint8Array | string): Promise<Transform> {
  const derivation = newDerivation(secret);
  const { key, verifier } = await deriveKey(secret, derivation);
  const prefix = randomBytes(7);
  const lock: Lock = {
    cipher: 'aes-256-gcm-stream',
    chunk: CHUNK,
    prefix: prefix.toString('base64url'),
    derivation,
    verifier,
  };
  const head = Buffer.from(`${MAGIC}${JSON.stringify(lock)}\n`);
  const chunks = new Chunks(CHUNK, (chunk, number, isLast) => {
    const cipher = createCipheriv('aes-256-gcm', key, nonce(prefix, number, isLast));
    cipher.setAAD(head);
    return Buffer.concat([cipher.update(chunk), cipher.final(), cipher.getAuthTag()]);
  });
  chunks.push(head);
  return chunks;
}

/**
 * A transformation that decrypts what stands behind the two lines of `head`.
 *
 * @throws OAuthDatabaseError `OAUTHDB_UNDECRYPTABLE` without a secret, and with a wrong one.
 */
export async function decrypting(
  operation: string,
  head: Buffer,
  secret: Uint8Array | string | null,
): Promise<Transform> {
  const lock = lockOf(head);
  if (lock === null) throw damaged(operation, 'the file is damaged: it does not say how it is encrypted');
  const { from } = lock.derivation;
  if (secret === null) throw locked(operation, `the backup is encrypted with a ${from}`);
  if ((typeof secret === 'string' ? 'passphrase' : 'key') !== from)
    throw locked(operation, `the backup is encrypted with a ${from}, which is not what was given`);
  const { key, verifier } = await deriveKey(secret, lock.derivation);
  if (
    !timingSafeEqual(
      Buffer.from(verifier),
      Buffer.from(lock.verifier.padEnd(verifier.length).slice(0, verifier.length)),
    )
  )
    throw locked(operation, `the ${from} is not the one that the backup was encrypted with`);
  const prefix = Buffer.from(lock.prefix, 'base64url');
  return new Chunks(lock.chunk + TAG, (chunk, number, isLast) => {
    if (chunk.length < TAG) throw damaged(operation, 'the file is damaged: it was cut');
    const decipher = createDecipheriv('aes-256-gcm', key, nonce(prefix, number, isLast));
    decipher.setAAD(head);
    decipher.setAuthTag(chunk.subarray(chunk.length - TAG));
    const text = decipher.update(chunk.subarray(0, chunk.length - TAG));
    try {
      decipher.final();
    } catch {
      throw damaged(operation, 'the file is damaged: a part of it was changed, moved or cut off');
    }
    return text;
  });
}

function lockOf(head: Buffer): Lock | null {
  try {
    const lock = JSON.parse(head.subarray(MAGIC.length).toString()) as Partial<Lock> | null;
    if (lock?.cipher !== 'aes-256-gcm-stream' || typeof lock.verifier !== 'string') return null;
    if (typeof lock.prefix !== 'string' || !/^[\w-]{10}$/.test(lock.prefix)) return null;
    const { chunk } = lock;
    if (typeof chunk !== 'number' || !Number.isInteger(chunk) || chunk < 1 || chunk > 16 * CHUNK) return null;
    return isDerivation(lock.derivation) ? (lock as Lock) : null;
  } catch {
    return null;
  }
}

function nonce(prefix: Uint8Array, number: number, isLast: boolean): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.set(prefix);
  bytes.writeUInt32BE(number, 7);
  bytes[11] = isLast ? 1 : 0;
  return bytes;
}

/** Turns what comes into chunks of one size, each turned into something else; the last one may be shorter, and comes always. */
class Chunks extends Transform {
  readonly #size: number;
  readonly #turn: (chunk: Buffer, number: number, isLast: boolean) => Buffer;
  #left: Buffer[] = [];
  #length = 0;
  #number = 0;

  constructor(size: number, turn: (chunk: Buffer, number: number, isLast: boolean) => Buffer) {
    super();
    this.#size = size;
    this.#turn = turn;
  }

  override _transform(data: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#left.push(data);
    this.#length += data.length;
    // As long as more may come, the last chunk is not known to be the last.
    if (this.#length <= this.#size) return done();
    this.#run(done, () => {
      let left = Buffer.concat(this.#left);
      for (; left.length > this.#size; left = left.subarray(this.#size)) {
        this.push(this.#turn(left.subarray(0, this.#size), this.#next(), false));
      }
      this.#left = [left];
      this.#length = left.length;
    });
  }

  override _flush(done: TransformCallback): void {
    this.#run(done, () => this.push(this.#turn(Buffer.concat(this.#left), this.#next(), true)));
  }

  #next(): number {
    // 256 TiB at 64 KiB each: a number never comes twice.
    if (this.#number > 0xff_ff_ff_ff) throw new RangeError('the backup is too long');
    return this.#number++;
  }

  #run(done: TransformCallback, work: () => void): void {
    try {
      work();
      done();
    } catch (error) {
      done(error as Error);
    }
  }
}
