import { createHmac, createSecretKey, randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DriverDatabase } from '../src/driver-database.ts';
import type { Driver } from '../src/driver.ts';
import { recordCodec } from '../src/grants/codec.ts';
import { hashedHandles } from '../src/grants/handles.ts';
import { resolveOptions } from '../src/options.ts';
import { decrypt, encrypt } from '../src/secrets/aead.ts';
import { KeyRing } from '../src/secrets/key-ring.ts';
import { resolveSecrets, type SecretsOptions } from '../src/secrets/secrets-options.ts';

const named = (id: string) => ({ id, key: createSecretKey(randomBytes(32)) });
const [a, b] = [named('a'), named('b')];
const sealing = new KeyRing([a]);
const plain = new KeyRing();

/** Any text that can be stored, and more often than chance would have it one that looks like what is sealed or escaped. */
const text = fc
  .tuple(
    fc.constantFrom('', '', 'oauthdb:', 'oauthdb::', 'oauthdb:1:', 'oauthdb:1:a::', sealing.seal('k', 'v')),
    fc.string({ unit: 'binary' }),
  )
  .map((parts) => parts.join(''))
  .filter((one) => one.isWellFormed());
const key = fc.string({ unit: 'binary', minLength: 1 }).filter((one) => one.isWellFormed());

const codeOf = (work: () => unknown): unknown => {
  try {
    work();
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return 'nothing thrown';
};

describe('a text', () => {
  it('comes back as it was, sealed or not, also where there are keys only later', () => {
    fc.assert(
      fc.property(key, text, (k, one) => {
        expect(sealing.open(k, sealing.seal(k, one))).toBe(one);
        expect(plain.open(k, plain.seal(k, one))).toBe(one);
        expect(sealing.open(k, plain.seal(k, one))).toBe(one);
        expect(new KeyRing([b, a]).open(k, sealing.seal(k, one))).toBe(one);
      }),
      { numRuns: 2000 },
    );
  });

  it('is stored as it is where there are no keys, unless it begins with the mark', () => {
    fc.assert(
      fc.property(key, text, (k, one) => {
        expect(plain.seal(k, one)).toBe(one.startsWith('oauthdb:') ? `oauthdb::${one}` : one);
      }),
    );
  });

  it('is sealed otherwise each time, in printable characters, and shows nothing of itself', () => {
    const value = sealing.seal('k', '{"token":"hunter2"}');
    expect(value).toMatch(/^oauthdb:1:a::[\w-]+$/);
    expect(value).not.toContain('hunter2');
    const many = Array.from({ length: 2000 }, () => sealing.seal('k', 'v').split(':')[4]?.slice(0, 16));
    expect(new Set(many).size).toBe(2000);
  });
});

describe('a sealed text', () => {
  it('is opened by no other key, whatever that is called', () => {
    fc.assert(
      fc.property(key, text, (k, one) => {
        const value = sealing.seal(k, one);
        expect(codeOf(() => new KeyRing([b]).open(k, value))).toBe('OAUTHDB_UNDECRYPTABLE');
        expect(codeOf(() => plain.open(k, value))).toBe('OAUTHDB_UNDECRYPTABLE');
        const mistaken = new KeyRing([{ id: 'a', key: b.key }]);
        expect(codeOf(() => mistaken.open(k, value))).toBe('OAUTHDB_INTEGRITY');
        const relabelled = new KeyRing([{ id: 'b', key: a.key }]);
        expect(codeOf(() => relabelled.open(k, value.replace(':a:', ':b:')))).toBe('OAUTHDB_INTEGRITY');
      }),
    );
  });

  it('is opened in no other place', () => {
    fc.assert(
      fc.property(key, key, text, (k, other, one) => {
        fc.pre(k !== other);
        expect(codeOf(() => sealing.open(other, sealing.seal(k, one)))).toBe('OAUTHDB_INTEGRITY');
      }),
    );
  });

  it('is never taken for another, with any character changed, left out or added', () => {
    const value = sealing.seal('k', 'token', [['client_id', 'c']]);
    for (let i = 'oauthdb:'.length; i < value.length; i++) {
      for (const broken of [
        ...'ABaz09-_:.+/=\0 é'.split('').map((other) => value.slice(0, i) + other + value.slice(i + 1)),
        value.slice(0, i) + value.slice(i + 1),
        value.slice(0, i),
        `${value.slice(0, i)}A${value.slice(i)}`,
      ]) {
        // One more colon right there is the escape of the rest, which whoever can write can store anyway.
        if (broken === value || broken.startsWith('oauthdb::')) continue;
        expect(codeOf(() => sealing.open('k', broken))).toMatch(/^OAUTHDB_(INTEGRITY|UNDECRYPTABLE)$/);
      }
    }
  });

  it('that cannot be opened is an error that shows nothing of it', () => {
    const value = sealing.seal('k', 'token');
    for (const ring of [plain, new KeyRing([b]), new KeyRing([{ id: 'a', key: b.key }])]) {
      try {
        ring.open('k', value);
        expect.unreachable();
      } catch (error) {
        const shown = inspect(error, { depth: 10, showHidden: true }) + JSON.stringify(error);
        expect(shown).toContain('"a"');
        expect(shown).not.toContain(value.split(':')[4]);
      }
    }
  });

  it('of a later form says that it is one', () => {
    expect(() => sealing.open('k', 'oauthdb:2:a::AAAA')).toThrow(/release does not know/);
    expect(codeOf(() => sealing.open('k', 'oauthdb:2:a::AAAA'))).toBe('OAUTHDB_UNDECRYPTABLE');
  });

  it('is current under the first key, and so is whatever there is without keys', () => {
    const value = sealing.seal('k', 'v');
    expect(new KeyRing([a, b]).isCurrent(value)).toBe(true);
    expect(new KeyRing([b, a]).isCurrent(value)).toBe(false);
    expect(new KeyRing([{ ...a, id: 'a1' }]).isCurrent(value)).toBe(false);
    expect(sealing.isCurrent('v')).toBe(false);
    expect(plain.isCurrent(value)).toBe(true);
  });
});

describe('a guard', () => {
  const codec = recordCodec(sealing);
  const bound = ['client_id', 'redirect_uri'];

  it('recognises the members that it was made of, and no others', () => {
    const member = fc.string({ unit: 'binary', maxLength: 5 });
    fc.assert(
      fc.property(key, member, member, member, (k, client_id, redirect_uri, other) => {
        const value = codec.encode(k, { n: 1, redirect_uri, client_id }, bound);
        expect(value).toContain(codec.containing(k, [['client_id', client_id]]));
        const both = codec.containing(k, [
          ['client_id', client_id],
          ['redirect_uri', redirect_uri],
        ]);
        expect(value).toContain(both);
        fc.pre(other !== client_id && other !== redirect_uri);
        expect(value).not.toContain(codec.containing(k, [['client_id', other]]));
        expect(value).not.toContain(codec.containing(k, [['redirect_uri', client_id]]));
        expect(value).not.toContain(codec.containing(`${k} `, [['client_id', client_id]]));
        const wrong = codec.containing(k, [
          ['client_id', client_id],
          ['redirect_uri', other],
        ]);
        expect(value).not.toContain(wrong);
        expect(codec.decode(k, value)).toEqual({ n: 1, redirect_uri, client_id });
      }),
      { numRuns: 500 },
    );
  });

  it('stands for texts only, up to the first member that is none', () => {
    const value = codec.encode('k', { client_id: 'c', redirect_uri: null }, bound);
    expect(value).toContain(`${codec.containing('k', [['client_id', 'c']])}:`);
    expect(codec.encode('k', { redirect_uri: 'r' }, bound)).toMatch(/^oauthdb:1:a::/);
  });

  it('is of another key than what is encrypted, and of no use without keys', () => {
    const guard = codec.containing('k', [['client_id', 'c']]).slice('oauthdb:1:a:'.length);
    const same = createHmac('sha256', a.key).update('["k","client_id","c"]').digest('base64url');
    expect(guard).toHaveLength(22);
    expect(same.startsWith(guard)).toBe(false);
    expect(() => plain.containing('k', [['client_id', 'c']])).toThrow(TypeError);
  });
});

describe('encryption', () => {
  it('opens nothing that is too short, or said in another way', () => {
    const sealed = encrypt(a.key, 'here', '');
    expect(decrypt(a.key, 'here', sealed)).toBe('');
    for (let i = 0; i < sealed.length; i++) expect(decrypt(a.key, 'here', sealed.slice(0, i))).toBeNull();
    for (const other of [`${sealed}=`, `${sealed} `, Buffer.from(sealed, 'base64url').toString('base64')]) {
      expect(decrypt(a.key, 'here', other)).toBeNull();
    }
  });
});

describe('handles', () => {
  it('are HMACs where there is a pepper, one of each kind for the same secret', () => {
    const handles = hashedHandles(createSecretKey(Buffer.from('a pepper of some length')));
    const expected = createHmac('sha256', 'a pepper of some length')
      .update('code\0secret')
      .digest('base64url');
    expect(handles.of('code', 'secret')).toBe(expected);
    expect(handles.of('state', 'secret')).not.toBe(expected);
    expect(hashedHandles().of('code', 'secret')).not.toBe(expected);
  });
});

describe('the option secrets', () => {
  const bytes = Buffer.from('hunter2 hunter2 hunter2 hunter2 ');

  it.each([
    ['bytes', bytes],
    ['a plain Uint8Array', new Uint8Array(bytes)],
    ['base64', bytes.toString('base64')],
    ['base64 without padding', bytes.toString('base64').replace('=', '')],
    ['base64url', bytes.toString('base64url')],
  ])('takes a key as %s', (_form, form) => {
    const { keyRing } = resolveSecrets({ keys: [{ id: 'a', key: form }] });
    const same = new KeyRing([{ id: 'a', key: createSecretKey(bytes) }]);
    expect(same.open('k', keyRing.seal('k', 'text'))).toBe('text');
  });

  it('keeps a key as it was when it was given', () => {
    const mine = randomBytes(32);
    const { keyRing } = resolveSecrets({ keys: [{ id: 'a', key: mine }] });
    const value = keyRing.seal('k', 'text');
    mine.fill(0);
    expect(keyRing.open('k', value)).toBe('text');
  });

  const good = { id: 'a', key: bytes };
  it.each([
    ['hunter2', /^secrets must be an object, received a string/],
    [null, /^secrets must be an object, received null/],
    [{ key: 'hunter2' }, /^secrets has an unknown member/],
    [{ keys: 'hunter2' }, /^secrets.keys must be an array, received a string/],
    [{ keys: [] }, /^secrets.keys must not be empty/],
    [{ keys: ['hunter2'] }, /^secrets.keys\[0\] must be an object, received a string/],
    [{ keys: [{ key: bytes }] }, /^secrets.keys\[0\].id must be/],
    [{ keys: [{ id: 'hunter2 ', key: bytes }] }, /^secrets.keys\[0\].id must be/],
    [{ keys: [{ id: 'x'.repeat(33), key: bytes }] }, /^secrets.keys\[0\].id must be/],
    [{ keys: [{ id: 'a\n', key: bytes }] }, /^secrets.keys\[0\].id must be/],
    [{ keys: [good, { ...good }] }, /^secrets.keys\[1\].id must not be that of another/],
    [{ keys: [good, { id: 'b' }] }, /^secrets.keys\[1\].key must be 32 bytes.*received undefined/],
    [{ keys: [{ id: 'a', key: 'hunter2' }] }, /^secrets.keys\[0\].key must be 32 bytes.*received 5 bytes/],
    [{ keys: [{ id: 'a', key: 'hunter2!' }] }, /^secrets.keys\[0\].key must be 32 bytes.*received a string/],
    [{ keys: [{ id: 'a', key: bytes.subarray(1) }] }, /received 31 bytes/],
    [{ keys: [{ id: 'a', key: bytes.toString('hex') }] }, /received 48 bytes/],
    [{ keys: [{ id: 'a', key: { hunter2: 1 } }] }, /received an object/],
    [{ pepper: 'hunter2' }, /^secrets.pepper must be at least 16 bytes, received 7/],
    [{ pepper: 7 }, /^secrets.pepper must be a string or bytes, received a number/],
    [{ pepper: 'hunter2 hunter2 \ud800' }, /^secrets.pepper must be well-formed/],
  ])('is refused, and not shown, when it is wrong: %#', (secrets, says) => {
    const work = () => resolveOptions({ secrets: secrets as SecretsOptions });
    expect(work).toThrow(TypeError);
    expect(work).toThrow(says);
    expect(work).not.toThrow(/hunter2/);
  });

  it('has no pepper where nothing is hashed', () => {
    expect(() => resolveOptions({ handles: 'plain', secrets: { pepper: bytes } })).toThrow(
      /^secrets.pepper must be left out/,
    );
  });

  it('shows in nothing that is made of it', () => {
    const driver = { name: 'none', supports: {} } as Driver;
    const db = new DriverDatabase(driver, { secrets: { keys: [good], pepper: bytes } });
    for (const shown of [
      inspect(db, { depth: 20, showHidden: true, showProxy: true, getters: true }),
      inspect(resolveOptions({ secrets: { keys: [good], pepper: bytes } }), { depth: 20, showHidden: true }),
      JSON.stringify(db),
    ]) {
      expect(shown).not.toMatch(/hunter2|68 ?75 ?6e|104,\s*117|aHVudG/i);
    }
  });
});
