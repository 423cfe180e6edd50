import { randomUUID } from 'node:crypto';
import { isOAuthDatabaseError, type OAuthDatabase } from '@oauthdb/core';
import { send } from '@oauthdb/test-redis/resp';
import { startPrivateServer, type PrivateServer } from '@oauthdb/test-redis/server';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import {
  aclRules,
  APPLICATION_COMMANDS,
  applicationCommands,
  OPERATOR_COMMANDS,
} from '../../src/doctor/acl.ts';
import { open, type RedisLibrary } from '../../src/index.ts';
import { run, type Ran } from '../cli/cli.ts';

// That the rights suffice for everything, conformance.test.ts shows. Here: that each of them is needed.

const PASSWORD = 'rights-of-the-application';

/** Uses whatever there is. */
async function useAll(db: OAuthDatabase): Promise<void> {
  const soon = (): Date => new Date(Date.now() + 60_000);
  await db.storeToken('k', 'v', soon());
  await db.getToken('k');
  await db.getTokens(['k', 'l']);
  await db.hasToken('k');
  await db.listTokens();
  await db.deleteToken('k');
  await db.clients.register({ client_id: 'c', redirect_uris: [] });
  await db.states.store('s', { client_id: 'c' });
  await db.states.consume('s');
  await db.codes.store('code', { client_id: 'c', username: 'u' });
  await db.issue({ code: 'code', client_id: 'c', accessToken: { jti: 'j' }, refreshToken: { token: 'r' } });
  await db.accessTokens.store({ jti: 'for ever', client_id: 'c', username: 'u', expires_at: null });
  await db.refreshTokens.rotate('r', () => ({ accessToken: { jti: 'j2' }, refreshToken: { token: 'r2' } }));
  for await (const _ of db.accessTokens.list({ username: 'u' }));
  for await (const _ of db.refreshTokens.list({ clientId: 'c' }));
  await db.accessTokens.revoke('j');
  await db.revoke({ username: 'u' });
  await db.clients.delete('c');
  await db.health();
  await db.purge();
}

interface Account {
  readonly username: string;
  readonly keyPrefix: string;
  readonly serverKeyPrefix: string;
}

/** Makes a user who may use these commands, on the servers of the tests. */
async function account(servers: Parameters<typeof send>[0][], commands: readonly string[]): Promise<Account> {
  const username = `rights-${randomUUID()}`;
  const [keyPrefix, serverKeyPrefix] = [`held-${username}:`, `issued-${username}:`];
  const [, , ...rules] = aclRules({ username, prefixes: [keyPrefix, serverKeyPrefix], commands }).split(' ');
  for (const server of servers) {
    await send(server, 'ACL', 'SETUSER', username, `>${PASSWORD}`, ...rules);
    onTestFinished(async () => void (await send(server, 'ACL', 'DELUSER', username)));
  }
  return { username, keyPrefix, serverKeyPrefix };
}

/** How it fails; `null` if it does not. */
async function failure(
  url: string,
  { username, ...prefixes }: Account,
  library: RedisLibrary = 'ioredis',
): Promise<string | null> {
  const redis = { username, password: PASSWORD, ...(url.includes('cluster') ? {} : { library }) };
  await using db = await open(url, { ...prefixes, commandTimeout: 5000, redis });
  try {
    await useAll(db);
    return null;
  } catch (error) {
    if (isOAuthDatabaseError(error)) return error.code;
    throw error;
  }
}

describe('on one server', () => {
  // Of its own: where others have run the script already, nobody needs to bring it.
  let server: PrivateServer;

  beforeAll(async () => {
    server = await startPrivateServer({ password: 'of-the-administrator' });
  });

  afterAll(() => server.stop());

  async function failureWith(commands: readonly string[], library?: RedisLibrary): Promise<string | null> {
    const { host, port, password } = server;
    await server.send('SCRIPT', 'FLUSH');
    return failure(`redis://${host}:${port}`, await account([{ host, port, password }], commands), library);
  }

  it.each(['ioredis', 'node-redis'] as const)('the rights suffice, by %s', async (library) => {
    expect(await failureWith(APPLICATION_COMMANDS, library)).toBe(null);
  });

  it.each(APPLICATION_COMMANDS)('%s is needed', async (command) => {
    const others = APPLICATION_COMMANDS.filter((one) => one !== command);
    expect(await failureWith(others)).toBe('OAUTHDB_AUTH');
  });
});

describe('on a cluster', () => {
  const servers = () => [...inject('cluster').nodes];
  const url = (): string =>
    `redis+cluster://${servers()
      .map(({ host, port }) => `${host}:${port}`)
      .join(',')}`;

  it('the rights suffice', async () => {
    expect(await failure(url(), await account(servers(), applicationCommands(url(), 'oauthdb')))).toBe(null);
  });

  it('those of a single server do not', async () => {
    expect(await failure(url(), await account(servers(), APPLICATION_COMMANDS))).not.toBe(null);
  });
});

describe('by sentinels', () => {
  const url = (): string => {
    const { name, sentinels } = inject('sentinel');
    return `redis+sentinel://${sentinels.map(({ host, port }) => `${host}:${port}`).join(',')}/${name}`;
  };
  const master = () => [{ port: inject('sentinel').master }];

  it('the rights suffice', async () => {
    expect(await failure(url(), await account(master(), applicationCommands(url(), 'oauthdb')))).toBe(null);
  });

  it('those of a single server do not', async () => {
    expect(await failure(url(), await account(master(), APPLICATION_COMMANDS))).not.toBe(null);
  });
});

describe('in another database than 0', () => {
  const at = () => inject('standalone');
  const url = (): string => `redis://${at().host}:${at().port}/7`;

  it('the rights suffice', async () => {
    expect(await failure(url(), await account([at()], applicationCommands(url(), 'oauthdb')))).toBe(null);
  });

  it('those for database 0 do not', async () => {
    expect(await failure(url(), await account([at()], APPLICATION_COMMANDS))).not.toBe(null);
  });
});

describe('an operator', () => {
  /** Runs a command as an operator on a server of its own. */
  async function asOperator(command: readonly string[], args: readonly string[] = []): Promise<Ran> {
    const server = await startPrivateServer({ args });
    // After its user is deleted, for what is registered last happens first.
    onTestFinished(() => server.stop());
    const { host, port } = server;
    const commands = [...APPLICATION_COMMANDS, ...OPERATOR_COMMANDS];
    const { username, keyPrefix, serverKeyPrefix } = await account([{ host, port }], commands);
    const flags = ['--key-prefix', keyPrefix, '--server-key-prefix', serverKeyPrefix];
    return run([...command, ...flags], { db: `redis://${username}:${PASSWORD}@${host}:${port}` });
  }

  it.each([
    ['server'],
    ['memory'],
    ['connections'],
    ['slowlog'],
    ['monitor', '--for', '100ms'],
    ['backup', '--rdb'],
    ['ping'],
    ['stats'],
  ])('may run %s', async (...command) => {
    expect(await asOperator(command)).toMatchObject({ code: 0 });
  });

  it('is told by doctor of what an application cannot see', async () => {
    const evicting = ['--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru'];
    const { stdout } = await asOperator(['doctor'], evicting);
    for (const code of ['eviction_policy', 'no_persistence', 'open_default_user'])
      expect(stdout).toContain(`(${code})`);
    expect(stdout).toContain('✓ permissions');
  });
});
