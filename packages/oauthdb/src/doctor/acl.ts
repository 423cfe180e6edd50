/**
 * What an application's user must be allowed to do: no more, and no less. `AUTH`, `HELLO` and `QUIT` need no right.
 */
export const APPLICATION_COMMANDS: readonly string[] = [
  ...['get', 'mget', 'set', 'del', 'exists', 'pttl', 'pexpire', 'persist', 'scan', 'time'],
  ...['sadd', 'srem', 'sscan', 'scard', 'smismember'],
  ...['zadd', 'zrem', 'zrange', 'zcard', 'zscan', 'zremrangebyscore'],
  ...['eval', 'evalsha'],
];

/** What a cluster's clients need besides, to know where which key is. */
export const CLUSTER_COMMANDS: readonly string[] = ['cluster|slots'];

/** What it takes to follow the master that sentinels name. */
export const SENTINEL_COMMANDS: readonly string[] = ['role'];

/** What it takes to use another database than 0. */
export const DATABASE_COMMANDS: readonly string[] = ['select'];

/** What the layout of the gateway needs besides, to read the registrations that its service's first releases stored as hashes. */
export const GATEWAY_COMMANDS: readonly string[] = ['type', 'hgetall', 'hget', 'hlen'];

/** What this command asks a server besides. Nothing that reads or changes a key. */
export const OPERATOR_COMMANDS: readonly string[] = [
  ...['info', 'dbsize', 'lastsave', 'bgsave'],
  ...['config|get', 'acl|getuser', 'client|info', 'client|list', 'slowlog|get', 'monitor', 'cluster|info'],
];

/** What an application's user must be allowed to do with the database of a URL, in a layout. */
export function applicationCommands(url: string, layout: 'oauthdb' | 'gateway'): readonly string[] {
  const [, scheme = ''] = /^rediss?(\+\w+)?:/i.exec(url) ?? [];
  return [
    ...APPLICATION_COMMANDS,
    ...(scheme === '+cluster' ? CLUSTER_COMMANDS : []),
    ...(scheme === '+sentinel' ? SENTINEL_COMMANDS : []),
    ...(/\/0*[1-9]\d*$/.test(url) ? DATABASE_COMMANDS : []),
    ...(layout === 'gateway' ? GATEWAY_COMMANDS : []),
  ];
}

export interface AclOptions {
  readonly username: string;
  /** The key prefixes of the database. */
  readonly prefixes: readonly string[];
  readonly commands: readonly string[];
}

/** A user's rules, without a password: a line of an ACL file, or the arguments of `ACL SETUSER`. */
export function aclRules({ username, prefixes, commands }: AclOptions): string {
  // What is kept beside a key has the key in braces.
  const patterns = prefixes.flatMap((prefix) => [`~${escaped(prefix)}*`, `~{${escaped(prefix)}*`]);
  const rules = [
    'on',
    'resetkeys',
    ...patterns,
    'resetchannels',
    'nocommands',
    ...commands.map((one) => `+${one}`),
  ];
  return `user ${username} ${rules.join(' ')}`;
}

function escaped(prefix: string): string {
  return prefix.replace(/[*?[\]\\]/g, String.raw`\$&`);
}
