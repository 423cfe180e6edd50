/** What a URL of a Redis server or cluster, or of the sentinels of one, says. */
export interface RedisUrl {
  readonly scheme: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly nodes: readonly RedisAddress[];
  readonly db: number | undefined;
  /** The name that the sentinels have for the master; absent where the url is not one of sentinels. */
  readonly name?: string;
}

export interface RedisAddress {
  readonly host: string;
  readonly port: number;
}

const URL_PARTS = /^([a-z][a-z0-9+.-]*):\/\/(?:([^/?#]*)@)?([^/?#]*)(?:\/([^?#]*))?$/i;
const ADDRESS = /^(?:\[([0-9a-f:.]+)\]|([^:[\]\s]*))(?::(\d+))?$/i;

/**
 * Parses `scheme://[[user][:password]@][host][:port][,host:port…][/db]`, and where the scheme is of sentinels `…/name[/db]`; the
 * user, the password and the name are percent-decoded.
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
  const [, , userInfo, hosts = '', path = ''] = parts;
  const ofSentinels = scheme.endsWith('+sentinel');
  const [user, ...rest] = userInfo?.split(':') ?? [];
  return {
    scheme,
    username: decode(user),
    password: rest.length === 0 ? undefined : decode(rest.join(':')),
    nodes: hosts.split(',').map((host) => address(host, ofSentinels ? '26379' : '6379')),
    ...(ofSentinels ? sentinelPath(path) : { db: database(path) }),
  };
}

function sentinelPath(path: string): { readonly name: string; readonly db: number | undefined } {
  const [name = '', db = '', ...more] = path.split('/');
  if (name === '' || more.length > 0) {
    throw malformed('does not name the master: redis+sentinel://host[:port],…/name[/db]');
  }
  return { name: decode(name) as string, db: database(db) };
}

function database(text: string): number | undefined {
  if (!/^\d*$/.test(text)) throw malformed('has a database that is no number');
  return text === '' ? undefined : Number(text);
}

function address(text: string, usual: string): RedisAddress {
  const parts = ADDRESS.exec(text);
  if (parts === null) throw malformed('has a host or a port that is none');
  const [, ipv6, name, port = usual] = parts;
  if (Number(port) < 1 || Number(port) > 65_535) throw malformed('has a port that is not from 1 to 65535');
  return { host: ipv6 ?? (name === undefined || name === '' ? 'localhost' : name), port: Number(port) };
}

/** An empty part says nothing. */
function decode(part: string | undefined): string | undefined {
  if (part === undefined || part === '') return undefined;
  try {
    return decodeURIComponent(part);
  } catch {
    throw malformed('has a part that is not percent-encoded as it should be');
  }
}

function malformed(what: string): TypeError {
  return new TypeError(`url ${what} (special characters in a user or a password are percent-encoded)`);
}
