import { describe, expect, inject, it } from 'vitest';
import { runProgram } from './child.ts';
import type { Database } from './client.ts';
import type {} from './setup.ts';
import { failureOf, silently } from './watch.ts';

/** A package with a `RedisOAuthDatabase`. */
export interface RedisPackage {
  /** By which it is imported. */
  readonly name: string;
  /** From where that resolves. */
  readonly directory: string;
  readonly database: (options: object) => Database;
  readonly optionsFromEnv: (env: Record<string, string>) => object;
}

/** The tests of what the documentation of `RedisOAuthDatabase` says, and of how a process with one ends. */
export function documented({ name, directory, database, optionsFromEnv }: RedisPackage): void {
  const { url, host, port, password } = inject('standalone');
  const tls = inject('tls');
  const keyPrefix = `t${process.pid}.${Math.random()}:`;

  describe('the documented example', () => {
    it('works as it is written', async () => {
      const oauthDb = database({ url, keyPrefix });
      await oauthDb.storeToken('user_123', 'oauth_token_value', new Date(Date.now() + 3600000));
      expect(await oauthDb.getToken('user_123')).toBe('oauth_token_value');
      expect(await oauthDb.hasToken('user_123')).toBe(true);
      expect(await oauthDb.listTokens()).toEqual(['user_123']);
      expect(await oauthDb.deleteToken('user_123')).toBe(true);
      await oauthDb.close();
    });

    it('works with the documented options, and with those of the environment', async () => {
      const options = { connectionTimeout: 15_000, maxRetriesPerRequest: 5, retryDelayOnFailover: 200 };
      const one = database({ host, port, password, db: 1, keyPrefix, ...options });
      const other = database(
        optionsFromEnv({
          REDIS_URL: `redis://${host}:${port}`,
          REDIS_PASSWORD: password,
          REDIS_DB: '1',
          REDIS_KEY_PREFIX: keyPrefix,
        }),
      );
      await one.storeToken('k', 'v');
      expect(await other.getToken('k')).toBe('v');
      expect(await other.deleteToken('k')).toBe(true);
      await Promise.all([one.close(), other.close()]);
    });
  });

  describe('a process', () => {
    it.each([
      ['works', url],
      ['finds nobody', 'redis://127.0.0.1:1'],
    ])('ends when its database is closed, and prints nothing: one that %s', async (_, place) => {
      const { stdout, stderr, ms } = await runProgram(
        directory,
        `import { RedisOAuthDatabase } from '${name}';
       const db = new RedisOAuthDatabase({ url: ${JSON.stringify(place)}, commandTimeout: 500 });
       await db.getToken('k').catch(() => {});
       const closing = performance.now();
       await db.close();
       process.on('exit', () => console.log(Math.round(performance.now() - closing)));`,
      );
      expect(stderr).toBe('');
      expect(Number(stdout)).toBeLessThan(1000);
      expect(ms).toBeLessThan(10_000);
    });
  });

  describe('TLS that cannot be', () => {
    it.each([
      ['a certificate that nobody vouches for', { host: tls.host, port: tls.port, tls: true }],
      [
        'a certificate of another host',
        { host: tls.host, port: tls.port, tls: { ca: tls.ca, servername: 'x.test' } },
      ],
      ['a certificate that is none', { host: tls.host, port: tls.port, tls: { cert: 'x', key: 'y' } }],
    ])('is a matter of configuration: %s', (_, options) =>
      silently(async () => {
        const db = database({ ...options, commandTimeout: 600 });
        for (let i = 0; i < 3; i++) {
          expect(await failureOf(() => db.getToken('k'))).toMatchObject({
            code: 'OAUTHDB_CONFIG',
            retryable: false,
          });
        }
        await db.close();
      }),
    );

    it.each([
      ['TLS to a server without', { host, port, tls: true }],
      ['none to a server with', { host: tls.host, port: tls.port }],
    ])('fails in time: %s', (_, options) =>
      silently(async () => {
        const db = database({ ...options, commandTimeout: 600 });
        expect((await failureOf(() => db.getToken('k'))).code).toMatch(/CONFIG|UNAVAILABLE/);
        await db.close();
      }),
    );
  });
}
