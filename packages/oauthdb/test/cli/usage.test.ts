import { execFile } from 'node:child_process';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Command } from 'commander';
import { describe, expect, inject, it } from 'vitest';
import { createProgram } from '../../src/cli/program.ts';
import { candidates } from '../../src/cli/completion.ts';
import manifest from '../../package.json' with { type: 'json' };
import { directory, ended, output, run, start, values } from './cli.ts';
import { placeOf } from './places.ts';

const program = createProgram({
  env: {},
  terminal: process,
  signal: new AbortController().signal,
  exit: () => {},
});

/** Every command that does something, with its path. */
function leaves(
  command: Command,
  path: readonly string[] = [],
): { path: readonly string[]; command: Command }[] {
  const own = command.commands
    .filter((one) => one.name() !== 'help' && one.name() !== 'complete')
    .flatMap((one) => leaves(one, [...path, one.name()]));
  return command.commands.length === 0 ? [{ path, command }] : own;
}

describe('help', () => {
  it.each(leaves(program).map((leaf) => [leaf.path.join(' '), leaf.command] as const))(
    'of %s has examples of it',
    (path, command) => {
      let text = '';
      command.configureOutput({ writeOut: (part) => (text += part) });
      command.outputHelp();
      expect(text).toContain('\nExamples:\n');
      // The words of the command may stand apart, as in: oauthdb tokens set user_123
      expect(text.split('\nExamples:\n')[1]).toContain(`oauthdb ${path}`);
      expect(text).toContain('--json');
    },
  );

  it('exits with 0, and is for standard output', async () => {
    expect(await output(['--help'])).toContain('Usage: oauthdb');
    expect(await output(['tokens', 'set', '--help'])).toContain('printf %s "$TOKEN" | oauthdb tokens set');
    expect(await output(['--version'])).toBe(`${manifest.version}\n`);
  });
});

describe('exit codes', () => {
  const db = 'memory:';

  it.each([
    [['tokens', 'lst'], /unknown command/],
    [['tokens', 'list', '--bogus'], /unknown option/],
    [['tokens', 'set'], /missing required argument/],
    [['tokens', 'list', '--expires-before', 'soon'], /a time is ISO 8601/],
    [['purge', '--unused-clients-older-than', '5'], /a duration is a number and a unit/],
    [['tokens', 'list', '--limit', '0'], /whole number from 1 on/],
    [['revoke'], /name one of --user, --client, --grant and --token/],
    [['revoke', '--user', 'u', '--client', 'c'], /name one of/],
    [['revoke', '--user', 'u'], /Say --yes where nobody can be asked/],
    [['tokens', 'show', ''], /key must not be empty/],
    [['tokens', 'set', 'k'], /no token came by standard input/],
    [['slowlog'], /this command is for Redis only/],
    [['reencrypt'], /--secret-keys/],
    [['backup'], /name the file/],
    [['backup', 'f', '--every', '1h'], /--keep/],
    [['backup', 'f', '--passphrase-file', '/nowhere'], /--passphrase-file cannot be read: ENOENT/],
    [['ping', '--handles', 'odd'], /Allowed choices are hashed, plain/],
    [['ping', '--key-prefix', 'oauth:x'], /prefix/i],
  ] as const)('2 for %j', async (args, message) => {
    const { code, stdout, stderr } = await run(args, { db });
    expect(stderr).toMatch(message);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr.trim().split('\n').length).toBeLessThanOrEqual(3);
  });

  it('2 without a database, and with a URL that is none, which is not shown', async () => {
    expect(await run(['ping'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('which database?'),
    });
    expect(await run(['ping'], { db: 'postgres://u:canary-pw@h/d' })).toMatchObject({ code: 2 });
  });

  it('3 for a server that is not there', async () => {
    expect(await run(['ping', '--timeout', '300'], { db: 'redis://:canary-pw@127.0.0.1:1' })).toEqual({
      code: 3,
      stdout: '',
      stderr: 'error: health: Redis cannot be reached (OAUTHDB_UNAVAILABLE)\n',
    });
  });

  it('4 for a wrong password', async () => {
    const { host, port } = inject('standalone');
    const wrong = await run(['ping'], {
      db: `redis://${host}:${port}`,
      env: { REDIS_PASSWORD: 'canary-pw' },
    });
    expect(wrong).toMatchObject({ code: 4, stdout: '', stderr: expect.stringContaining('OAUTHDB_AUTH') });
  });

  it('5 for what cannot be decrypted', async () => {
    const dir = await directory();
    const at = { db: `sqlite:${join(dir, 't.db')}` };
    const key = Buffer.alloc(32, 7).toString('base64');
    await output(['tokens', 'set', 'k'], {
      ...at,
      input: 'canary',
      env: { OAUTHDB_SECRET_KEYS: `k1:${key}` },
    });
    expect(await run(['tokens', 'show', 'k'], at)).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('OAUTHDB_UNDECRYPTABLE'),
    });
    expect(
      await run(['tokens', 'show', 'k'], { ...at, env: { OAUTHDB_SECRET_KEYS: `k1:${key}` } }),
    ).toMatchObject({ code: 0 });
  });
});

describe('the database', () => {
  it('is what the REDIS_* variables say', async () => {
    const { host, port, password } = inject('standalone');
    const env = {
      REDIS_URL: `redis://${host}:${port}`,
      REDIS_PASSWORD: password,
      REDIS_DB: '9',
      REDIS_KEY_PREFIX: `${placeOf('').flags[1]}`,
    };
    await output(['tokens', 'set', 'k'], { env, input: 'v' });
    const at = { db: `redis://${host}:${port}/9`, env: { REDIS_PASSWORD: password } };
    expect(await values(['tokens', 'list', '--key-prefix', env.REDIS_KEY_PREFIX], at)).toEqual([
      { key: 'k', expires_at: null },
    ]);
    expect(await values(['tokens', 'delete', 'k', '--yes'], { env })).toMatchObject([{ deleted: 1 }]);
  });

  it('is what --db says before all that, with a warning about a password in it', async () => {
    const { host, port } = inject('standalone');
    const ran = await run(['ping', '--db', `redis://:canary-pw@${host}:${port}`], { db: 'memory:' });
    expect(ran).toMatchObject({ code: 4, stderr: expect.stringContaining('put the URL into OAUTHDB_URL') });
  });

  it('is opened with keys and a pepper from files', async () => {
    const dir = await directory();
    await writeFile(
      join(dir, 'keys'),
      `# the first one seals\nk2:${Buffer.alloc(32, 8).toString('base64')}\nk1:${Buffer.alloc(32, 7).toString('base64')}\n`,
    );
    await writeFile(join(dir, 'pepper'), 'a pepper of sixteen bytes\n');
    const at = { db: `sqlite:${join(dir, 't.db')}` };
    const old = { OAUTHDB_SECRET_KEYS: `k1:${Buffer.alloc(32, 7).toString('base64')}` };
    await output(['tokens', 'set', 'k'], { ...at, input: 'v', env: old });
    const flags = ['--secret-keys', join(dir, 'keys'), '--pepper-file', join(dir, 'pepper')];
    const one = { examined: 1, rewritten: 1, unreadable: 0, dry_run: false };
    const would = await values(['reencrypt', ...flags, '--dry-run'], at);
    expect(would).toEqual([{ ...one, dry_run: true }]);
    expect(await values(['reencrypt', ...flags], at)).toEqual([one]);
    expect(await values(['reencrypt', ...flags], at)).toEqual([{ ...one, rewritten: 0 }]);
    expect(await run(['tokens', 'show', 'k'], { ...at, env: old })).toMatchObject({ code: 5 });
  });
});

describe('generate-password', () => {
  it('makes 256 random bits that need no quoting', async () => {
    const [one, two] = [await output(['generate-password']), await output(['generate-password'])];
    expect(one).toMatch(/^[\w-]{43}\n$/);
    expect(one).not.toBe(two);
  });

  it('puts it into a file of variables that only its owner can read, and shows it nowhere', async () => {
    const dir = await directory();
    await writeFile(join(dir, '.env'), 'OTHER=1');
    const { code, stdout } = await run(['generate-password', '--env', '.env'], { cwd: dir });
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(await readFile(join(dir, '.env'), 'utf8')).toMatch(/^OTHER=1\nREDIS_PASSWORD=[\w-]{43}\n$/);
    expect((await stat(join(dir, '.env'))).mode & 0o777).toBe(0o600);
    expect((await run(['generate-password', '--env', '.env'], { cwd: dir })).code).toBe(2);
  });
});

describe('pipes and signals', () => {
  it('ends quietly when nobody reads any more', async () => {
    const place = placeOf(`sqlite:${join(await directory(), 't.db')}`);
    await using db = await place.open();
    await db.storeTokens(Array.from({ length: 5000 }, (_, i) => ({ key: `user_${i}`, token: 'v' })));
    const child = start(['tokens', 'list', ...place.flags], place.run);
    const done = ended(child);
    child.stdout?.once('data', () => child.stdout?.destroy());
    expect(await done).toMatchObject({ code: 0, stderr: '' });
  });

  it('ends at Ctrl-C with 130, and leaves no half a backup', async () => {
    const dir = await directory();
    const child = start(['stats', '--watch', '1h', '--json'], { db: 'memory:', cwd: dir });
    const done = ended(child);
    child.stdout?.once('data', () => child.kill('SIGINT'));
    expect(await done).toMatchObject({ code: 130, stderr: '' });
  });
});

describe('completion', () => {
  it('knows commands, options and choices', () => {
    expect(candidates(program, ['cl'])).toEqual(['clients']);
    expect(candidates(program, ['clients', ''])).toEqual(['delete', 'list', 'register', 'show', 'ttl']);
    expect(candidates(program, ['clients', 'list', '--expires'])).toEqual([
      '--expires-after',
      '--expires-before',
    ]);
    expect(candidates(program, ['--library', ''])).toEqual(['ioredis', 'node-redis']);
    expect(candidates(program, ['--db', 'redis://h', 'tokens', 's'])).toEqual(['set', 'show']);
    expect(candidates(program, ['completion', ''])).toEqual(['bash', 'fish', 'zsh']);
    expect(candidates(program, ['tokens', 'set', '--file', ''])).toEqual([]);
  });

  it('works in a shell', async () => {
    const dir = await directory();
    const main = new URL('../../src/cli/main.ts', import.meta.url).pathname;
    await writeFile(
      join(dir, 'oauthdb'),
      `#!/bin/sh\nexec '${process.execPath}' --conditions=@oauthdb/source '${main}' "$@"\n`,
      { mode: 0o755 },
    );
    const typed =
      'eval "$(oauthdb completion bash)"; COMP_WORDS=(oauthdb clients re); COMP_CWORD=2; _oauthdb; echo "${COMPREPLY[@]}"';
    const env = { ...process.env, PATH: `${dir}:${process.env['PATH']}` };
    const { stdout } = await promisify(execFile)('bash', ['-c', typed], { env });
    expect(stdout).toBe('register\n');
  });

  it.each(['zsh', 'fish'])('has a script for %s', async (shell) => {
    expect(await output(['completion', shell])).toContain('oauthdb complete --');
  });
});
