import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { commandError, connectionError } from '../src/errors.ts';

const failure = (message: string, more: object = {}): Error => Object.assign(new Error(message), more);

describe('what a client rejects with', () => {
  it.each([
    ['LOADING Redis is loading the dataset in memory', 'UNAVAILABLE', 'not_executed'],
    ['CLUSTERDOWN The cluster is down', 'UNAVAILABLE', 'not_executed'],
    ['TRYAGAIN Multiple keys request during rehashing of slot', 'UNAVAILABLE', 'not_executed'],
    ['MASTERDOWN Link with MASTER is down', 'UNAVAILABLE', 'not_executed'],
    ['BUSY Redis is busy running a script', 'UNAVAILABLE', 'not_executed'],
    ['NOREPLICAS Not enough good replicas to write.', 'UNAVAILABLE', 'not_executed'],
    ['ERR max number of clients reached', 'UNAVAILABLE', 'not_executed'],
    ['Too many Cluster redirections. Last error: MOVED 1 h:1', 'UNAVAILABLE', 'not_executed'],
    ["Stream isn't writeable and enableOfflineQueue options is false", 'UNAVAILABLE', 'not_executed'],
    ['The client is closed', 'UNAVAILABLE', 'not_executed'],
    ['Connection is closed.', 'UNAVAILABLE', 'unknown'],
    ['Socket closed unexpectedly', 'UNAVAILABLE', 'unknown'],
    ['read ECONNRESET', 'UNAVAILABLE', 'unknown'],
    ['something else', 'UNAVAILABLE', 'unknown'],
    ["READONLY You can't write against a read only replica.", 'READONLY', 'not_executed'],
    [
      "OOM command not allowed when used memory > 'maxmemory'. script: 1, on @user_script:2.",
      'STORE_FULL',
      'not_executed',
    ],
    [
      'ERR Error running script (call to f_1): @user_script:2: -OOM command not allowed',
      'STORE_FULL',
      'not_executed',
    ],
    ['MISCONF Redis is configured to save RDB snapshots', 'STORE_FULL', 'not_executed'],
    ['NOAUTH Authentication required.', 'AUTH', 'not_executed'],
    ['WRONGPASS invalid username-password pair', 'AUTH', 'not_executed'],
    ["NOPERM this user has no permissions to run the 'get' command", 'AUTH', 'not_executed'],
    ["ERR The user executing the script can't run this command or subcommand", 'AUTH', 'unknown'],
    ['ERR DB index is out of range', 'CONFIG', 'not_executed'],
    ["ERR unknown command 'EVALSHA'", 'CONFIG', 'not_executed'],
    ['MOVED 1234 10.0.0.1:6379', 'CONFIG', 'not_executed'],
    ['WRONGTYPE Operation against a key holding the wrong kind of value', 'CORRUPT', 'unknown'],
  ])('is translated: %s', (message, code, outcome) => {
    expect(commandError(failure(message))).toMatchObject({ code: `OAUTHDB_${code}`, outcome });
  });

  it.each([
    ['ECONNREFUSED', 'UNAVAILABLE', 'not_executed'],
    ['ENOTFOUND', 'UNAVAILABLE', 'not_executed'],
    ['ECONNRESET', 'UNAVAILABLE', 'unknown'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'CONFIG', 'not_executed'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'CONFIG', 'not_executed'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'CONFIG', 'not_executed'],
  ])('is translated by its code: %s', (code, translated, outcome) => {
    expect(commandError(failure('x', { code }))).toMatchObject({ code: `OAUTHDB_${translated}`, outcome });
  });

  it('is no error at all, in the end', () => {
    expect(commandError('canary')).toMatchObject({ code: 'OAUTHDB_UNAVAILABLE', outcome: 'unknown' });
    expect(connectionError(undefined)).toMatchObject({
      code: 'OAUTHDB_UNAVAILABLE',
      outcome: 'not_executed',
    });
  });

  it('is not shown', () => {
    const secret = failure('WRONGPASS canary', {
      command: { name: 'set', args: ['canary'] },
      input: 'redis://canary',
    });
    for (const error of [commandError(secret), connectionError(secret)]) {
      expect(
        inspect(error, { depth: 10, showHidden: true }) + error.message + JSON.stringify(error),
      ).not.toContain('canary');
    }
  });

  it('tells what was the matter with a node of a cluster', () => {
    const error = failure('Failed to refresh slots cache.', { lastNodeError: failure('WRONGPASS no') });
    expect(connectionError(error)).toMatchObject({ code: 'OAUTHDB_AUTH' });
  });
});
