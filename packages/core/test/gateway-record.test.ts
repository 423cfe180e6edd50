import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { serviceFault, type ServiceKind } from '../src/conformance/index.ts';
import { fromGateway, toGateway } from '../src/grants/layouts/gateway-record.ts';

type Members = Record<string, unknown>;

/** Names that mean something to the service, to this library, to JavaScript, and nothing. */
const NAMES = [
  ...['client_id', 'client_secret', 'redirect_uris', 'response_types', 'grant_types', 'client_name', 'scope'],
  ...['created_at', 'expires_at', 'issued_at', 'grant_id', 'jti', 'handle', 'sub', 'user_id', 'username'],
  ...['email', 'name', 'state', 'redirect_uri', 'code_challenge', 'resource', 'resources', 'oauthdb'],
  ...['__proto__', 'constructor', 'toString', '', '0', 'x-y', '\u{1f600}'],
];

const iso = fc
  .date({ min: new Date('1971-01-01'), max: new Date('9000-01-01'), noInvalidDate: true })
  .map((date) => date.toISOString());

const notes = fc.record(
  {
    of: fc.oneof(fc.constantFrom('code:AAAAAAAAAAAAAAAAAAAAAA', 'token:', ''), fc.string()),
    has: fc.dictionary(fc.constantFrom(...NAMES), fc.jsonValue(), { maxKeys: 3 }),
    said: fc.dictionary(fc.constantFrom(...NAMES), fc.array(fc.jsonValue(), { maxLength: 2 }), {
      maxKeys: 3,
    }),
  },
  { requiredKeys: [] },
);

const value: fc.Arbitrary<unknown> = fc.oneof(
  iso,
  fc.integer({ min: 0, max: 2_000_000_000 }),
  fc.string({ unit: 'binary' }),
  fc.constantFrom(null, '', '[]', '["a"]', '123', '2024-01-01T00:00:00Z', 'github|username'),
  fc.array(fc.string(), { maxLength: 3 }),
  fc.jsonValue({ maxDepth: 3 }),
  notes,
);

/** None that has to be escaped: `JSON.parse` of Node.js 24 takes one for another at times, where they are one character long. */
const name = fc.oneof(
  fc.constantFrom(...NAMES),
  fc.string().filter((text) => JSON.stringify(text) === `"${text}"`),
);

/** As JSON keeps it: whatever a caller says has come that way. */
const record = fc
  .array(fc.tuple(name, value), { maxLength: 12 })
  .map((members) => JSON.parse(JSON.stringify(Object.fromEntries(members))) as Members);

const kinds: readonly ServiceKind[] = ['client', 'state', 'code', 'token', 'refresh'];
const END = '2026-11-21T16:37:22.123Z';

/** What core adds to what a caller says before it is stored. */
function stored(kind: ServiceKind, id: string, said: Members): Members {
  const issued = { grant_id: 'g', issued_at: END, ...said };
  switch (kind) {
    case 'client':
      return { created_at: END, ...said, client_id: id, expires_at: END };
    case 'token':
      return { ...issued, client_id: 'c', jti: id, expires_at: END };
    case 'refresh':
      return { ...issued, client_id: 'c', handle: id, expires_at: END };
    case 'code':
      return { grant_id: 'g', ...said, client_id: 'c', handle: id, expires_at: END };
    default:
      return { ...said, client_id: 'c', handle: id, expires_at: END };
  }
}

/** The record as it comes out of the database: its text, parsed. */
function kept(kind: ServiceKind, id: string, whole: Members): Members {
  return JSON.parse(JSON.stringify(toGateway(kind, id, whole))) as Members;
}

describe('a record in the form of the gateway', () => {
  it.each(kinds)('says what was stored, whatever that was: %s', (kind) => {
    fc.assert(
      fc.property(record, fc.string({ minLength: 1 }), (said, id) => {
        const whole = stored(kind, id, said);
        const read = fromGateway(kind, id, kept(kind, id, whole));
        expect(read).toEqual(whole);
        expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
      }),
      { numRuns: 500 },
    );
  });

  it.each(kinds)('is the same when it is stored again as it was read: %s', (kind) => {
    fc.assert(
      fc.property(record, (said) => {
        const first = kept(kind, 'id', stored(kind, 'id', said));
        expect(kept(kind, 'id', fromGateway(kind, 'id', first))).toEqual(first);
      }),
      { numRuns: 500 },
    );
  });

  it.each(kinds)(
    'keeps every member of what the service wrote, whatever it is, when it is written back: %s',
    (kind) => {
      fc.assert(
        fc.property(record, ({ oauthdb: _note, ...foreign }) => {
          const { resource: _made, ...was } = {
            ...foreign,
            client_id: kind === 'client' ? 'id' : 'c',
          } as Members;
          if (kind === 'token') delete was['jti'];
          const read: Members = { expires_at: END, ...fromGateway(kind, 'id', was) };
          // Of a client that is its key's to say.
          read['expires_at'] ??= END;
          const again = fromGateway(kind, 'id', kept(kind, 'id', read));
          for (const member of Object.keys(read))
            expect([member, again[member]]).toEqual([member, read[member]]);
        }),
        { numRuns: 500 },
      );
    },
  );

  it('is taken by the service, of whatever members it has that are of the right type', () => {
    const text = fc.string({ unit: 'binary' });
    const texts = fc.array(text, { maxLength: 3 });
    const members = fc.record(
      {
        ...{ username: text, user_id: text, scope: text, state: text, redirect_uri: text, email: text },
        ...{ name: text, resource: fc.oneof(text, texts), redirect_uris: texts, grant_types: texts },
        ...{ client_secret: text, client_name: text, x: fc.jsonValue() },
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(members, fc.constantFrom(...kinds), (said, kind) => {
        const json = JSON.stringify(toGateway(kind, 'id', stored(kind, 'id', said)));
        expect(serviceFault(kind, json)).toBeNull();
      }),
      { numRuns: 500 },
    );
  });
});
