import { expect, it } from 'vitest';
import { OAuthDatabaseError } from '../src/index.ts';

it('errors of one cause share its copy, which holds no secret', () => {
  const cause = Object.assign(new TypeError('SET key token failed'), { code: 'ECONNRESET', args: ['token'] });
  const errors = [1, 2].map(
    () => new OAuthDatabaseError('OAUTHDB_UNAVAILABLE', 'away', { outcome: 'unknown', cause }),
  );
  const [one, other] = errors.map((error) => error.cause as Error & { code: string });
  expect(one).toBe(other);
  expect(one).not.toBe(cause);
  expect(one).toMatchObject({ name: 'TypeError', message: 'ECONNRESET', code: 'ECONNRESET' });
  expect(`${one?.stack} ${JSON.stringify(one)}`).not.toContain('token');
  const unlike = new OAuthDatabaseError('OAUTHDB_UNAVAILABLE', 'away', {
    outcome: 'unknown',
    cause: new TypeError(),
  });
  expect(unlike.cause).not.toBe(one);
});
