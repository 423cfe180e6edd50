export type { ClusterMap, ClusterNode, ConnectionListener, RedisClient } from './client.ts';
export { companion } from './companion.ts';
export type { CompanionKind } from './companion.ts';
export type { Durability, DurabilityOptions } from './durability.ts';
export { redisOptionsFromEnv } from './env.ts';
export { Inspector } from './inspector.ts';
export type { InspectedNode } from './inspector.ts';
export { escapeGlob } from './listing.ts';
export { callIoredis, IoredisClient } from './ioredis-client.ts';
export type { Ioredis, IoredisClientOptions } from './ioredis-client.ts';
export { monitorIoredis } from './ioredis-monitor.ts';
export type { MonitorsIoredis } from './ioredis-monitor.ts';
export { parseMonitored } from './monitored.ts';
export type { MonitoredCommand, StopMonitoring } from './monitored.ts';
export { openDriver, openInspector } from './one-server.ts';
export type { ClientLibrary } from './one-server.ts';
export { connectionSettings, redisOptions, splitOptions } from './options.ts';
export type {
  ConnectionSettings,
  ParsedOptions,
  RedisConnectionOptions,
  RedisOptions,
  RedisSettings,
  SentinelSettings,
} from './options.ts';
export { isOneSlot } from './prefixes.ts';
export { RedisDriver } from './redis-driver.ts';
export type { RedisDriverOptions } from './redis-driver.ts';
export { inOneSlot, slotOf } from './slot.ts';
export { parseRedisUrl } from './url.ts';
export type { RedisAddress, RedisUrl } from './url.ts';
