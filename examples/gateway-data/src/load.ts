// Puts data of a real gateway into a Redis that has none, to try the example on.
import { readFileSync } from 'node:fs';
import { Redis } from 'ioredis';

interface Dumped {
  readonly type: string;
  readonly value: string | string[];
  readonly ttl: number;
}

const file = new URL('../data/redis.json', import.meta.url);
const { keys } = JSON.parse(readFileSync(file, 'utf8')) as { keys: Record<string, Dumped> };
const redis = new Redis(process.env['REDIS_URL'] || 'redis://localhost:6379');

for (const [key, { value, ttl }] of Object.entries(keys)) {
  if (!key.startsWith('oauth:')) continue;
  if (typeof value === 'string') {
    // As if it were that afternoon: an access token says when it ends, in seconds.
    const end = `"expires_at": ${Math.floor(Date.now() / 1000) + ttl}`;
    await redis.set(key, value.replace(/"expires_at": \d+/, end), 'EX', ttl);
  } else {
    await redis.sadd(key, ...value);
  }
}
console.log(`loaded ${await redis.dbsize()} keys`);
await redis.quit();
