import { isOAuthDatabaseError, monotonicNow } from '@oauthdb/core';

/** Asks a server; throws an `OAuthDatabaseError`. */
export type Ask = (args: readonly string[]) => Promise<unknown>;

/** What a server says of itself; `undefined` and absent members where it may not be asked. */
export interface Facts {
  /** The members of `INFO`. */
  readonly info: Readonly<Record<string, string>>;
  /** What `CONFIG GET` says. */
  readonly config: Readonly<Record<string, string>>;
  /** What `CLIENT INFO` says of this connection. */
  readonly client: Readonly<Record<string, string>>;
  /** The flags of the user `default`. */
  readonly defaultUser: readonly string[] | undefined;
  /** By how many milliseconds the server's clock is ahead of ours, at the least; negative: behind. */
  readonly skewMs: number;
  /** What `CLUSTER INFO` says, of a node of a cluster. */
  readonly cluster: Readonly<Record<string, string>>;
}

const CONFIG = ['save', 'appendfsync', 'tls-port', 'bind'];

/** When a check began: by core's clock, and by the one that nobody sets. */
export interface Began {
  readonly now: number;
  readonly monotonic: number;
}

export async function factsOf(ask: Ask, began: Began): Promise<Facts> {
  const info = await infoOf(ask);
  const config = await Promise.all(CONFIG.map((name) => allowed(() => ask(['CONFIG', 'GET', name]))));
  const user = pairs(await allowed(() => ask(['ACL', 'GETUSER', 'default'])))['flags'];
  const cluster = info['cluster_enabled'] === '1' ? await allowed(() => ask(['CLUSTER', 'INFO'])) : '';
  return {
    info,
    config: Object.assign({}, ...config.map((reply) => textPairs(reply))) as Record<string, string>,
    client: fields(await allowed(() => ask(['CLIENT', 'INFO'])), ' ', '='),
    defaultUser: Array.isArray(user) ? user.map(String) : undefined,
    skewMs: await skewOf(ask, began),
    cluster: fields(cluster, '\n', ':'),
  };
}

/** The members of `INFO`; none where it may not be asked. */
export async function infoOf(ask: Ask): Promise<Readonly<Record<string, string>>> {
  return fields(await allowed(() => ask(['INFO'])), '\n', ':');
}

/** What a server answers; `null` where it does not allow the question, or does not know it. */
async function allowed(work: () => Promise<unknown>): Promise<unknown> {
  try {
    return await work();
  } catch (error) {
    if (isOAuthDatabaseError(error) && (error.code === 'OAUTHDB_AUTH' || error.code === 'OAUTHDB_CONFIG'))
      return null;
    throw error;
  }
}

async function skewOf(ask: Ask, { now, monotonic }: Began): Promise<number> {
  const reply = await allowed(() => ask(['TIME']));
  if (!Array.isArray(reply)) return 0;
  const took = monotonicNow() - monotonic;
  const [seconds, micros] = reply as readonly unknown[];
  const ahead = Number(seconds) * 1000 + Number(micros) / 1000 - now;
  // It was asked at some moment since.
  return ahead > 0 ? Math.max(0, ahead - took) : ahead;
}

/** Takes a text of names and values apart. */
function fields(text: unknown, between: string, behind: string): Record<string, string> {
  const found: Record<string, string> = {};
  if (typeof text !== 'string') return found;
  for (const line of text.split(between)) {
    const at = line.indexOf(behind);
    if (at > 0) found[line.slice(0, at)] = line.slice(at + 1).trim();
  }
  return found;
}

/** A list in which names and values take turns; some clients give an object. */
function pairs(reply: unknown): Record<string, unknown> {
  if (!Array.isArray(reply)) return typeof reply === 'object' && reply !== null ? { ...reply } : {};
  const found: Record<string, unknown> = {};
  for (let i = 0; i + 1 < reply.length; i += 2) found[String(reply[i])] = reply[i + 1];
  return found;
}

function textPairs(reply: unknown): Record<string, string> {
  return Object.fromEntries(Object.entries(pairs(reply)).map(([name, value]) => [name, String(value)]));
}
