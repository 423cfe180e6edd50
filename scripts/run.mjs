// What `npm run demo`, `npm test` and the like run. Plain JavaScript without dependencies, for any Node.js
// from 18 on: it fetches what is missing (see setup/), then hands over to the right Node.js.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ensureRedis, needsRedis } from './setup/redis.mjs';
import { ensureDependencies, ensureTools, root, SetupError } from './setup/tools.mjs';

const tasks = {
  // From the TypeScript sources: nothing to build, and never a stale build.
  demo: (args) => {
    const flags = ['--disable-warning=ExperimentalWarning', '--conditions=@oauthdb/source'];
    call('node', [...flags, join(root, 'examples/demo/src/main.ts'), ...args]);
  },
  // In its own directory, where it keeps what it stores.
  example: ([name, ...args]) => {
    const names = readdirSync(join(root, 'examples')).filter((one) => one !== 'demo');
    if (!names.includes(name)) throw new SetupError(`usage: npm run example ${names.join(' | ')}`);
    call('pnpm', ['--silent', '--dir', join(root, 'examples', name), 'start', ...args]);
  },
  test: (args) => call('vitest', ['run', ...args], needsRedis(args) ? ensureRedis() : {}),
  bench: (args) => {
    const flags = ['--disable-warning=ExperimentalWarning', '--conditions=@oauthdb/source', '--expose-gc'];
    call('node', [...flags, join(root, 'bench/src/main.ts'), ...args], ensureRedis());
  },
  soak: (args) => {
    const flags = ['--disable-warning=ExperimentalWarning', '--conditions=@oauthdb/source', '--expose-gc'];
    call('node', [...flags, join(root, 'tooling/soak/src/main.ts'), ...args], ensureRedis());
  },
  // What has to hold besides the tests before a change goes in.
  check: () => {
    call('oxfmt', ['--check', '.']);
    const all = ['--output-logs=errors-only', '--continue=dependencies-successful'];
    call('turbo', ['run', 'build', 'typecheck', ...all]);
    call('oxlint', ['.']);
    call('node', [join(root, 'scripts/check-packages.mjs')]);
  },
  // The two halves of a release: write the versions and changelogs; build and publish them.
  version: () => call('changeset', ['version']),
  release: () => {
    call('turbo', ['run', 'build']);
    call('changeset', ['publish']);
  },
  pnpm: (args) => call('pnpm', args),
};

/** Runs a program of the project in the foreground, and ends with it if it fails. */
function call(command, args, env = {}) {
  const local = join(root, 'node_modules', '.bin', command);
  const { status, error } = spawnSync(existsSync(local) ? local : command, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1', ...env },
    shell: process.platform === 'win32',
  });
  if (error) throw new SetupError(`${command} does not start: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1); // no status: ended by a signal
}

const [name = '', ...args] = process.argv.slice(2);
const task = Object.hasOwn(tasks, name) ? tasks[name] : undefined;
try {
  if (!task) throw new SetupError(`usage: node scripts/run.mjs ${Object.keys(tasks).join(' | ')}`);
  Object.assign(process.env, ensureTools());
  if (task !== tasks.pnpm) ensureDependencies();
  task(args);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`\n${error.message}\n`);
  process.exit(1);
}
