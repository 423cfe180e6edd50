// What `npm run demo` and `npm test` run. Plain JavaScript without dependencies, for any Node.js
// from 18 on: it fetches what is missing (see setup/), then hands over to the right Node.js.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureDependencies, ensureTools, root, SetupError } from './setup/tools.mjs';
import { ensureRedis } from './setup/redis.mjs';

const bin = (name) => join(root, 'node_modules', '.bin', name);

const tasks = {
  // Builds the command line tool and what it needs, and runs it without a Redis server.
  demo: (args) => {
    call(
      'turbo',
      ['run', 'build', '--filter=@oauthdb/cli', '--output-logs=errors-only', '--log-order=grouped'],
      { quiet: true },
    );
    call('node', [join(root, 'packages/cli/dist/index.js'), 'demo', ...args]);
  },
  test: (args) => {
    call('vitest', ['run', ...args], { env: ensureRedis() });
  },
  // Everything that has to hold before a change goes in.
  check: () => {
    call('oxfmt', ['--check', '.']);
    call('turbo', ['run', 'build', 'typecheck', '--output-logs=errors-only']);
    call('oxlint', ['.']);
    call('vitest', ['run', '--coverage'], { env: ensureRedis() });
    call('node', [join(root, 'scripts/check-packages.mjs')]);
  },
  pnpm: (args) => call('pnpm', args),
};

function call(command, args, { env = {}, quiet = false } = {}) {
  const local =
    command === 'node' ? process.env.NODE_OF_PROJECT : command === 'pnpm' ? command : bin(command);
  const { status, signal, error, stdout, stderr } = spawnSync(local, args, {
    cwd: root,
    stdio: quiet ? ['ignore', 'pipe', 'pipe'] : 'inherit',
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1', ...env },
    shell: process.platform === 'win32',
    maxBuffer: 1 << 26,
  });
  if (error) throw new SetupError(`${command} does not start: ${error.message}`);
  if (status !== 0) {
    if (quiet) process.stderr.write(Buffer.concat([stdout, stderr]));
    process.exit(signal ? 1 : (status ?? 1));
  }
}

const [name = '', ...args] = process.argv.slice(2);
const task = Object.hasOwn(tasks, name) ? tasks[name] : undefined;
try {
  if (!task) throw new SetupError(`usage: node scripts/run.mjs ${Object.keys(tasks).join(' | ')}`);
  Object.assign(process.env, ensureTools());
  if (name !== 'pnpm') ensureDependencies();
  task(args);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`\n${error.message}\n`);
  process.exit(1);
}
