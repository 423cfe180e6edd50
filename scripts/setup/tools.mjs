// Node.js and pnpm at the versions this repository names, from the npm registry, into .toolchain/.
import { spawnSync } from 'node:child_process';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const toolchain = join(root, '.toolchain');
const windows = process.platform === 'win32';

/** A set-up step that failed, with what to do about it. */
export class SetupError extends Error {}

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** Whether a version is in a range like `^22.18.0 || >=26.0.0`. */
export function fits(version, range) {
  const numbers = (text) => text.split('.').map(Number);
  const v = numbers(version.replace(/^v|-.*$/g, ''));
  return range.split('||').some((part) => {
    const [, operator, text] = /^\s*(\^|>=)(\d+\.\d+\.\d+)\s*$/.exec(part);
    const w = numbers(text);
    const at = w.findIndex((n, i) => n !== v[i]);
    const notLess = at === -1 || v[at] > w[at];
    return notLess && (operator === '>=' || v[0] === w[0]);
  });
}

/** Puts one package of the registry, without running its scripts, at .toolchain/<name>-<version>. */
function fetchPackage(name, version, { command, args, shell }, instead) {
  const place = join(toolchain, `${name}-${version}`);
  const done = join(place, 'node_modules', name);
  if (existsSync(done)) return done;
  console.error(`fetching ${name} ${version} ...`);
  const partial = `${place}.${process.pid}`;
  mkdirSync(partial, { recursive: true });
  writeFileSync(join(partial, 'package.json'), '{ "private": true }\n');
  const { status, error, stdout, stderr } = spawnSync(
    command,
    [...args, `${name}@${version}`, '--ignore-scripts'],
    { cwd: partial, encoding: 'utf8', shell },
  );
  if (status !== 0) {
    rmSync(partial, { recursive: true, force: true });
    const why = error?.message ?? `${stdout}${stderr}`.trim();
    throw new SetupError(`Could not get ${name} ${version} from the npm registry:\n${why}\n\n${instead}`);
  }
  try {
    renameSync(partial, place);
  } catch {
    // Another run was quicker.
    rmSync(partial, { recursive: true, force: true });
    if (!existsSync(done)) throw new SetupError(`Could not put ${name} into ${toolchain}.`);
  }
  return done;
}

/** The npm that started this script, or else the one next to this Node.js, or on the PATH. */
function npm() {
  const args = ['install', '--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'];
  const script = [
    process.env.npm_execpath ?? '',
    join(dirname(process.execPath), '../lib/node_modules/npm/bin/npm-cli.js'),
    join(dirname(process.execPath), 'node_modules/npm/bin/npm-cli.js'),
  ].find((path) => path.endsWith('npm-cli.js') && existsSync(path));
  if (script) return { command: process.execPath, args: [script, ...args], shell: false };
  return { command: 'npm', args, shell: windows };
}

/** The directory of pnpm, at the version of package.json's packageManager. */
function ensurePnpm() {
  const [, version] = /^pnpm@(\d+\.\d+\.\d+)/.exec(manifest.packageManager);
  const instead = 'Is the registry within reach? `npm ping` and `npm config get registry` tell.';
  const dir = fetchPackage('pnpm', version, npm(), instead);
  // What the package's own install script does: it puts the native binary in place.
  const ready = join(dir, '.ready');
  if (!existsSync(ready)) {
    const { npm_lifecycle_event: _, ...env } = process.env;
    const { status, stderr } = spawnSync(process.execPath, ['install.js'], {
      cwd: dir,
      env,
      encoding: 'utf8',
    });
    if (status !== 0) throw new SetupError(`Could not set up pnpm ${version}:\n${stderr}`);
    writeFileSync(ready, '');
  }
  return dir;
}

/** This Node.js if it is new enough, else the one that .node-version names. */
function ensureNode(pnpm) {
  const range = manifest.engines.node;
  if (fits(process.version, range)) return process.execPath;
  const version = readFileSync(join(root, '.node-version'), 'utf8').trim();
  const platform = windows ? 'win' : process.platform;
  const prefix = platform === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node';
  const instead =
    `This is Node.js ${process.version}, and the repository needs ${range}.\n` +
    `Install Node.js ${version} (a version manager reads .node-version), and run this again.`;
  const dir = fetchPackage(
    `${prefix}-${platform}-${process.arch}`,
    version,
    {
      command: join(pnpm, windows ? 'pnpm.exe' : 'pnpm'),
      args: ['add', '--ignore-workspace'],
      shell: false,
    },
    instead,
  );
  const node = join(dir, 'bin', windows ? 'node.exe' : 'node');
  // The registry's are built for the usual C library only.
  if (spawnSync(node, ['--version']).status !== 0) throw new SetupError(instead);
  return node;
}

/** The environment in which `node` and `pnpm` are the right ones. */
export function ensureTools() {
  ensureHome();
  const pnpm = ensurePnpm();
  const node = ensureNode(pnpm);
  return { PATH: [dirname(node), pnpm, process.env.PATH].join(delimiter) };
}

/** A place for the caches of npm and pnpm where the user, as in many containers, has no home to write to. */
function ensureHome() {
  try {
    accessSync(homedir(), constants.W_OK);
  } catch {
    process.env.HOME = join(toolchain, 'home');
    mkdirSync(process.env.HOME, { recursive: true });
    process.env.npm_config_cache = join(process.env.HOME, '.npm'); // the npm above us has set it
  }
}

/** The dependencies of the lockfile; under a second when nothing changed. */
export function ensureDependencies() {
  const first = !existsSync(join(root, 'node_modules', '.modules.yaml'));
  if (first) console.error('installing the dependencies ...');
  const { status, stdout } = spawnSync(
    'pnpm',
    // The lockfile is the reviewed one: its hashes are checked, the age of every release is not.
    ['install', '--frozen-lockfile', '--trust-lockfile', '--reporter=append-only'],
    { cwd: root, stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8', shell: windows },
  );
  if (status !== 0) {
    throw new SetupError(
      `${stdout}\nCould not install the dependencies. If a package.json has changed: npm run pnpm install`,
    );
  }
}
