import type { RedisClient } from './client.ts';
import { Inspector } from './inspector.ts';
import type { ParsedOptions, RedisSettings, SentinelSettings } from './options.ts';
import { RedisDriver } from './redis-driver.ts';
import { SentinelClient } from './sentinel/sentinel-client.ts';

/** The clients of one library. */
export interface ClientLibrary<Client> {
  /** A client of our own for one server, which is connected when it is told to. */
  own(settings: RedisSettings): RedisClient;
  /** A client that the application has passed in. Throws a `TypeError` for one that will not do. */
  given(client: Client | undefined): RedisClient;
}

type Parsed<Client> = ParsedOptions<RedisSettings | SentinelSettings, Client>;

/** The driver for one server, or for the master that sentinels name, by what `redisOptions` made of a backend's options. */
export function openDriver<Client>(library: ClientLibrary<Client>, parsed: Parsed<Client>): RedisDriver {
  const { settings, client, coalescing, durability } = parsed;
  if (settings === undefined) return new RedisDriver(library.given(client), { coalescing, durability });
  const { silenceMs } = settings;
  return new RedisDriver(own(library, settings), { coalescing, durability, silenceMs });
}

/** An operator's way to the server of {@link openDriver}. Throws a `TypeError` where a client was passed in. */
export function openInspector<Client>(library: ClientLibrary<Client>, parsed: Parsed<Client>): Inspector {
  const { settings } = parsed;
  if (settings === undefined) throw new TypeError('client cannot be inspected: name the server');
  return new Inspector(own(library, settings), settings.silenceMs);
}

function own<Client>(
  library: ClientLibrary<Client>,
  settings: RedisSettings | SentinelSettings,
): RedisClient {
  if ('sentinels' in settings) return new SentinelClient(settings, (server) => library.own(server));
  return library.own(settings);
}
