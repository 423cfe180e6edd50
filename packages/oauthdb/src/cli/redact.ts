import { fingerprint } from './mask.ts';
import { printable } from './text.ts';

/** Which arguments of a command are keys: the first one, unless it is named here. */
const ALL_KEYS: ReadonlySet<string> = new Set(['DEL', 'UNLINK', 'EXISTS', 'MGET', 'TOUCH', 'WATCH']);
const NO_KEYS: ReadonlySet<string> = new Set([
  ...['PING', 'ECHO', 'HELLO', 'AUTH', 'SELECT', 'INFO', 'CONFIG', 'CLIENT', 'COMMAND', 'ACL', 'CLUSTER'],
  ...['SCRIPT', 'SCAN', 'KEYS', 'SLOWLOG', 'MEMORY', 'LATENCY', 'MULTI', 'EXEC', 'DISCARD', 'PUBLISH'],
  ...['TIME', 'DBSIZE', 'MONITOR', 'READONLY', 'READWRITE', 'WAIT', 'WAITAOF', 'REPLCONF', 'PSYNC'],
]);
const SCRIPTS: ReadonlySet<string> = new Set([
  'EVAL',
  'EVALSHA',
  'EVAL_RO',
  'EVALSHA_RO',
  'FCALL',
  'FCALL_RO',
]);

/** Words of commands; they stand for nothing but themselves. */
const WORDS: ReadonlySet<string> = new Set([
  ...['PX', 'EX', 'PXAT', 'EXAT', 'NX', 'XX', 'GT', 'LT', 'CH', 'GET', 'KEEPTTL', 'MATCH', 'COUNT', 'LIMIT'],
  ...['BYSCORE', 'WITHSCORES', 'REV', 'TYPE', 'LIST', 'LOAD', 'USAGE', 'SLOTS', 'SHARDS', 'NODES', 'SETNAME'],
]);

/** Kinds whose keys hold secrets where handles are plain. */
const SECRET_KEY = /^(state|code|refresh|session):(.+)$/s;

export interface Prefixes {
  readonly held: string;
  readonly issued: string;
}

/** A command without what may be a secret: of its arguments, keys and words are shown, and of the rest how long they are. */
export function redacted(args: readonly string[], prefixes: Prefixes): string {
  const [name = '', ...rest] = args;
  const command = name.toUpperCase();
  const keys = keysOf(command, rest);
  const shown = rest.map((arg, i) => {
    if (keys.has(i)) return keyOf(arg, prefixes);
    return WORDS.has(arg.toUpperCase()) ? arg.toUpperCase() : `<${Buffer.byteLength(arg)} bytes>`;
  });
  return [printable(command), ...summed(shown)].join(' ');
}

/** The places of the keys among the arguments. */
function keysOf(command: string, args: readonly string[]): ReadonlySet<number> {
  if (NO_KEYS.has(command)) return new Set();
  if (ALL_KEYS.has(command)) return new Set(args.keys());
  if (!SCRIPTS.has(command)) return new Set([0]);
  const count = Math.min(Number(args[1]) || 0, Math.max(0, args.length - 2));
  return new Set(Array.from({ length: count }, (_, i) => i + 2));
}

/** A key; of one that is not of this database, only its length, and the part that may be a secret by its fingerprint. */
function keyOf(key: string, { held, issued }: Prefixes): string {
  // What is kept beside a key has it in braces.
  const brace = key.startsWith('{') && !held.startsWith('{') && !issued.startsWith('{') ? '{' : '';
  const name = key.slice(brace.length);
  if (name.startsWith(held)) return printable(key);
  if (!name.startsWith(issued)) return `<key of ${Buffer.byteLength(key)} bytes>`;
  const [, kind, id] = SECRET_KEY.exec(name.slice(issued.length)) ?? [];
  if (id === undefined) return printable(key);
  return printable(`${brace}${issued}${kind}:${fingerprint(id)}`);
}

/** Long rows of masked arguments say nothing: the first ones do. */
function summed(shown: readonly string[]): readonly string[] {
  const most = 12;
  return shown.length <= most ? shown : [...shown.slice(0, most), `… ${shown.length - most} more`];
}
