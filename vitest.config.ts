import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import type { Kind } from './tooling/test-redis/src/setup.ts';

/** A directory's tests, with the kinds of Redis server that they need. */
const project = (dir: string, ...redis: Kind[]): object => ({
  extends: true,
  root: fileURLToPath(new URL(dir, import.meta.url)),
  test: { name: dir.split('/').at(-1), include: ['test/**/*.test.ts'], provide: { redis } },
});

export default defineConfig({
  // The packages' sources, not what was last built.
  resolve: { conditions: ['@oauthdb/source'] },
  ssr: { resolve: { conditions: ['@oauthdb/source'] } },
  test: {
    // They wait for servers and clocks more than they compute; the default is one on two cores.
    maxWorkers: 4,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    globalSetup: ['./tooling/test-redis/src/setup.ts'],
    projects: [
      project('packages/core'),
      project('packages/memory'),
      project('packages/sqlite'),
      project('packages/redis-driver', 'standalone', 'cluster'),
      project('packages/ioredis', 'standalone', 'tls', 'sentinel'),
      project('packages/node-redis', 'standalone', 'tls', 'sentinel'),
      project('packages/redis-cluster', 'cluster'),
      project('packages/atxp', 'standalone', 'tls', 'cluster'),
      project('packages/oauthdb', 'standalone', 'tls', 'cluster', 'sentinel'),
      project('packages/mcp', 'standalone', 'cluster'),
      project('tooling/test-redis', 'standalone', 'tls', 'cluster', 'sentinel'),
      project('tooling/soak'),
      project('tooling/readmes', 'standalone', 'cluster'),
      project('tooling/examples', 'standalone'),
      project('examples/demo', 'standalone', 'cluster', 'sentinel'),
      project('bench'),
    ],
    coverage: {
      provider: 'v8',
      include: ['packages/*/src/**/*.ts'],
      reporter: ['text', 'html', 'lcov'],
    },
  },
});
