/** The records that mcp-oauth-dynamicclient reads, by the word in their keys. */
export type ServiceKind = 'client' | 'state' | 'code' | 'token' | 'refresh';

type Members = Readonly<Record<string, unknown>>;
type Check = readonly [isRight: (value: unknown, record: Members) => boolean, what: string];

const text: Check = [(value) => typeof value === 'string', 'a string'];
const textOrNull: Check = [(value) => value === null || typeof value === 'string', 'a string or null'];
const whole: Check = [(value) => Number.isInteger(value) && Number(value) < 1e11, 'epoch seconds'];
const texts: Check = [
  (value) => Array.isArray(value) && value.every((one) => typeof one === 'string'),
  'an array of strings',
];
const jsonText: Check = [
  (value) => {
    if (typeof value !== 'string') return false;
    try {
      return texts[0](JSON.parse(value) as unknown, {});
    } catch {
      return false;
    }
  },
  'the JSON text of an array of strings',
];

/** What it takes for granted of a member that is there, or (`!`) that has to be there. */
const request = {
  'client_id!': text,
  'redirect_uri!': textOrNull,
  'scope!': text,
  'state!': text,
  code_challenge: textOrNull,
  code_challenge_method: text,
  resources: texts,
} as const;

const needs: { readonly [kind in ServiceKind]: Readonly<Record<string, Check>> } = {
  client: {
    'client_id!': text,
    client_secret: text,
    client_secret_expires_at: whole,
    client_id_issued_at: whole,
    redirect_uris: jsonText,
    client_name: text,
    scope: text,
    created_at: whole,
    response_types: jsonText,
    grant_types: jsonText,
    registration_access_token: text,
  },
  state: request,
  code: { ...request, 'user_id!': text, 'username!': text, 'email!': textOrNull, 'name!': textOrNull },
  token: {
    'client_id!': text,
    scope: text,
    sub: text,
    username: text,
    created_at: whole,
    'expires_at!': whole,
  },
  refresh: {
    'user_id!': text,
    'username!': text,
    'client_id!': text,
    'scope!': text,
    resources: texts,
    created_at: whole,
  },
};

/**
 * What mcp-oauth-dynamicclient, as it was observed, could not do with a record that is stored so; `null` where it takes it: what it
 * reads without asking has to be there, and everything of the type that it works with. Members that it does not know it keeps.
 */
export function serviceFault(kind: ServiceKind, json: string): string | null {
  let record: unknown;
  try {
    record = JSON.parse(json);
  } catch {
    return 'it is not JSON';
  }
  if (typeof record !== 'object' || record === null || Array.isArray(record)) return 'it is not an object';
  for (const [name, [isRight, what]] of Object.entries(needs[kind])) {
    const member = name.replace('!', '');
    const value = (record as Members)[member];
    if (value === undefined ? name.endsWith('!') : !isRight(value, record as Members))
      return `${member} is not ${what}`;
  }
  return null;
}
