/** What a URL of a Redis server or cluster says. */
export interface RedisUrl {
  readonly scheme: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly nodes: readonly RedisAddress[];
  readonly db: number | undefined;
}

export interface RedisAddress {
  readonly host: string;
  readonly port: number;
}

const URL_PARTS = /^([a-z][a-z0-9+.-]*):\/\/(?:([^/?#]*)@)?([^/?#]*)(?:\/(\d*))?$/i;
const ADDRESS = /^(?:\[([0-9a-f:.]+)\]|([^:[\]\s]*))(?::(\d+))?$/i;

/**
 * Parses `scheme://[[user][:password]@][host][:port][,host:port…][/db]`; the user and the password are percent-decoded.
 *
 * Throws a `TypeError` that shows nothing of the URL: it holds a password, and a URL that is wrong may hold it anywhere.
 * `URL` is not used: its errors carry the URL, and it knows no lists of hosts.
 */
export function parseRedisUrl(url: string, schemes: readonly string[]): RedisUrl {
  const parts = URL_PARTS.exec(url);
  const scheme = (parts?.[1] ?? /^[a-z][a-z0-9+.-]*(?=:\/\/)/i.exec(url)?.[0] ?? '').toLowerCase();
  if (!schemes.includes(scheme)) {
    throw new TypeError(`url must begin with ${schemes.map((one) => `${one}://`).join(' or ')}`);
  }
  if (parts === null) throw malformed('is not of the form scheme://[user[:password]@]host[:port][/db]');
  const [, , userInfo, hosts = '', db = ''] = parts;
  const [user, ...rest] = userInfo?.split(':') ?? [];
  return {
    scheme,
    username: decode(user),
    password: rest.length === 0 ? undefined : decode(rest.join(':')),
    nodes: hosts.split(',').map(address),
    db: db === '' ? undefined : Number(db),
  };
}

function address(text: string): RedisAddress {
  const parts = ADDRESS.exec(text);
  if (parts === null) throw malformed('has a host or a port that is none');
  const [, ipv6, name, port = '6379'] = parts;
  if (Number(port) < 1 || Number(port) > 65_535) throw malformed('has a port that is not from 1 to 65535');
  return { host: ipv6 ?? (name === undefined || name === '' ? 'localhost' : name), port: Number(port) };
}

/** An empty part says nothing. */
function decode(part: string | undefined): string | undefined {
  if (part === undefined || part === '') return undefined;
  try {
    return decodeURIComponent(part);
  } catch {
    throw malformed('has a user or a password that is not percent-encoded as it should be');
  }
}

function malformed(what: string): TypeError {
  return new TypeError(`url ${what} (special characters in a user or a password are percent-encoded)`);
}
