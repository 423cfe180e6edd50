import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';

const packages = fileURLToPath(new URL('../..', import.meta.url));

/** Opens `url` where only `oauthdb` and the named packages are installed, and gives what the program says. */
async function openWith(
  installed: readonly string[],
  url: string,
  {
    use = false,
    opener = 'open',
    ...options
  }: {
    readonly use?: boolean;
    readonly opener?: 'open' | 'openAtxp';
    readonly redis?: { readonly library?: string };
  } = {},
): Promise<string> {
  const dir = await realpath(await mkdtemp(join(tmpdir(), 'oauthdb-')));
  onTestFinished(() => rm(dir, { recursive: true }));
  // Copies, for a link would lead to where everything is installed; and not below node_modules, where Node.js takes no TypeScript.
  for (const name of ['core', 'memory', 'oauthdb', ...installed]) {
    await cp(join(packages, name, 'src'), join(dir, 'packages', name, 'src'), { recursive: true });
    await cp(join(packages, name, 'package.json'), join(dir, 'packages', name, 'package.json'));
  }
  await mkdir(join(dir, 'node_modules/@oauthdb'), { recursive: true });
  for (const name of ['core', 'memory', ...installed]) {
    await symlink(join(dir, 'packages', name), join(dir, 'node_modules/@oauthdb', name));
  }
  const program = join(dir, 'program.ts');
  await writeFile(
    program,
    `import { open } from './packages/oauthdb/src/index.ts';
     import { openAtxp } from './packages/oauthdb/src/migrate/atxp.ts';
     try {
       const db = await ${opener}(${JSON.stringify(url)}, ${JSON.stringify(options)});
       console.log(db.constructor.name);
       if (${use}) await db.getToken('user_123');
     } catch (error) {
       console.log(error.code, error.message);
     }
     process.exit();`,
  );
  const flags = ['--disable-warning=ExperimentalWarning', '--conditions=@oauthdb/source'];
  // Under pnpm, NODE_PATH leads to everything that is installed.
  const { NODE_PATH: _, ...env } = process.env;
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, program], { env });
  return stdout.trim();
}

it.each([
  ['sqlite:./tokens.db', {}, 'sqlite: needs a package: npm install @oauthdb/sqlite better-sqlite3'],
  [
    'redis://localhost',
    {},
    'redis:// needs a package: npm install @oauthdb/ioredis ioredis  or  npm install @oauthdb/node-redis redis',
  ],
  [
    'rediss://localhost',
    { redis: { library: 'ioredis' } },
    'redis:// needs a package: npm install @oauthdb/ioredis ioredis',
  ],
  [
    'redis://localhost',
    { redis: { library: 'node-redis' } },
    'redis:// needs a package: npm install @oauthdb/node-redis redis',
  ],
  [
    'redis+cluster://localhost:7000',
    {},
    'redis+cluster:// needs a package: npm install @oauthdb/redis-cluster ioredis',
  ],
])('says what to install for %s %j', async (url, options, message) => {
  expect(await openWith([], url, options)).toBe(`OAUTHDB_CONFIG open: ${message}`);
});

it.each([
  ['sqlite:./oauthClient.db', 'npm install @oauthdb/atxp better-sqlite3'],
  ['redis://localhost', 'npm install @oauthdb/atxp'],
])("says what to install for ATXP's data in %s", async (url, command) => {
  const said = await openWith(['sqlite', 'redis-driver', 'ioredis'], url, { opener: 'openAtxp' });
  expect(said).toBe(`OAUTHDB_CONFIG open: ATXP's data needs a package: ${command}`);
});

it('needs no adapter for memory:', async () => {
  expect(await openWith([], 'memory:')).toBe('MemoryOAuthDatabase');
});

it.each([
  [['sqlite'], 'sqlite::memory:', /npm install .*better-sqlite3/],
  [['redis-driver', 'ioredis'], 'redis://localhost', /npm install .*ioredis/],
  [['redis-driver', 'node-redis'], 'redis://localhost', /npm install .*redis/],
  [['redis-driver', 'redis-cluster'], 'redis+cluster://localhost:7000', /npm install .*ioredis/],
])('says what to install where %j lacks its library', async (installed, url, message) => {
  // An adapter may look for its library when it is needed first.
  const said = await openWith(installed, url, { use: true });
  expect(said).toMatch(/^OAUTHDB_CONFIG /m);
  expect(said).toMatch(message);
});
