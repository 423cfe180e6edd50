// A redis-server for the tests: the machine's own, or Debian's and Ubuntu's package unpacked into
// .toolchain/redis. That needs no root, and installs and starts nothing on the machine.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { SetupError, toolchain } from './tools.mjs';

const run = (command, args, options = {}) => spawnSync(command, args, { encoding: 'utf8', ...options });

/** The test projects that start no server. */
const WITHOUT = ['core', 'memory', 'sqlite'];

/** Whether vitest with these arguments may run a project that starts servers. */
export function needsRedis(args) {
  const chosen = args.flatMap((arg, i) => {
    if (arg === '--project') return args.slice(i + 1, i + 2);
    return arg.startsWith('--project=') ? [arg.slice('--project='.length)] : [];
  });
  return chosen.length === 0 || !chosen.every((name) => WITHOUT.includes(name));
}

/** The environment in which REDIS_SERVER names a redis-server that runs. */
export function ensureRedis() {
  const named = process.env.REDIS_SERVER;
  if (named) {
    // The servers run in directories of their own; npm tells where it was called.
    const binary = /[\\/]/.test(named) ? resolve(process.env.INIT_CWD ?? '', named) : named;
    if (version(binary)) return { REDIS_SERVER: binary };
    throw new SetupError(`REDIS_SERVER=${named} does not run as a redis-server; name one, or unset it.`);
  }
  const own = join(toolchain, 'redis', 'redis-server');
  const found = ['redis-server', 'valkey-server', own].find((binary) => parseInt(version(binary)) >= 7);
  if (found) return { REDIS_SERVER: found };
  const why = unpackPackage(own);
  if (parseInt(version(own)) >= 7) return { REDIS_SERVER: own };
  throw new SetupError(
    [
      'The tests start redis-server processes of their own, and there is no redis-server 7 or newer here' +
        `${why && ` (${why})`}.`,
      'Install one, and run this again:',
      '  Debian, Ubuntu   sudo apt-get install redis-server',
      '  Alpine           apk add redis',
      '  Fedora           sudo dnf install valkey',
      '  macOS            brew install redis',
      'or name one that is not on the PATH:  REDIS_SERVER=/path/to/redis-server npm test',
      `or run the tests that need none:  npm test -- ${WITHOUT.map((name) => `--project ${name}`).join(' ')}`,
    ].join('\n'),
  );
}

/** The version of a redis-server or valkey-server; '' if it does not run. */
function version(binary) {
  const { status, stdout } = run(binary, ['--version']);
  return status === 0 ? (/ v=(\d+\.\d+\.\d+)/.exec(stdout)?.[1] ?? '') : '';
}

/** Unpacks the distribution's redis-server with the libraries it lacks here; '' or why not. */
function unpackPackage(own) {
  if (process.platform !== 'linux') return 'no package for this system';
  if (run('apt-get', ['--version']).error || run('dpkg-deb', ['--version']).error) {
    return 'neither on the PATH, nor apt-get to get it with';
  }
  console.error('fetching redis-server (unpacked here, not installed on the machine) ...');
  const work = join(toolchain, `redis.${process.pid}`);
  const dirs = {
    lists: join(work, 'lists'),
    cache: join(work, 'cache'),
    files: join(work, 'files'),
  };
  mkdirSync(join(dirs.lists, 'partial'), { recursive: true });
  mkdirSync(join(dirs.cache, 'archives', 'partial'), { recursive: true });
  const apt = (lists, ...args) =>
    run('apt-get', [
      ...['-qq', '-o', 'Debug::NoLocking=1', '-o', `Dir::Cache=${dirs.cache}`],
      ...['-o', 'APT::Sandbox::User=', '-o', 'Acquire::Retries=2'],
      ...(lists ? ['-o', `Dir::State::lists=${lists}`] : []),
      ...args,
    ]);
  try {
    // Also what is installed already: the program itself is in redis-tools.
    const get = ['install', '--download-only', '--reinstall', '--no-install-recommends', '--yes'];
    get.push('redis-server', 'redis-tools');
    // The machine's package lists may be missing, or name files that are gone; then fresh ones.
    let got = apt('', ...get);
    if (got.status !== 0) {
      apt(dirs.lists, 'update');
      got = apt(dirs.lists, ...get);
    }
    if (got.status !== 0) return `apt-get: ${got.stderr.trim().split('\n').at(-1)}`;
    const archives = join(dirs.cache, 'archives');
    for (const deb of readdirSync(archives).filter((name) => name.endsWith('.deb'))) {
      const { status, stderr } = run('dpkg-deb', ['--extract', join(archives, deb), dirs.files]);
      if (status !== 0) return `dpkg-deb: ${stderr.trim()}`;
    }
    rmSync(dirs.lists, { recursive: true });
    rmSync(dirs.cache, { recursive: true });
    const wrapper = [
      '#!/bin/sh',
      'here=$(dirname "$(readlink -f "$0")")/files',
      'for lib in "$here"/usr/lib/*-linux-gnu* "$here"/lib/*-linux-gnu*; do',
      '  LD_LIBRARY_PATH=$lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}',
      'done',
      'export LD_LIBRARY_PATH',
      'exec "$here/usr/bin/redis-server" "$@"',
      '',
    ].join('\n');
    writeFileSync(join(work, 'redis-server'), wrapper);
    chmodSync(join(work, 'redis-server'), 0o755);
    rmSync(join(toolchain, 'redis'), { recursive: true, force: true });
    renameSync(work, join(toolchain, 'redis'));
    return existsSync(own) ? '' : 'it did not unpack';
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
