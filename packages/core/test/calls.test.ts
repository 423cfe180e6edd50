import { describe, expect, it } from 'vitest';
import { Calls } from '../src/calls.ts';
import { OAuthDatabaseError, type OAuthDatabaseErrorCode } from '../src/error.ts';
import { resolveOptions, type DatabaseOptions } from '../src/options.ts';

const calls = (options: DatabaseOptions = {}): Calls =>
  new Calls(resolveOptions({ commandTimeout: 40, retryDelayOnFailover: 0, ...options }));

const never = (): Promise<never> => new Promise(() => {});

const failing = (code: OAuthDatabaseErrorCode, outcome: 'not_executed' | 'unknown') => {
  let runs = 0;
  const repeated: boolean[] = [];
  return {
    get runs() {
      return runs;
    },
    repeated,
    work: async (_at: unknown, again: boolean): Promise<never> => {
      runs++;
      repeated.push(again);
      throw new OAuthDatabaseError(code, 'no', { outcome });
    },
  };
};

describe('a call', () => {
  it('that never comes back ends at its deadline; what a write did is unknown, a read did nothing', async () => {
    const db = calls();
    await expect(db.run('storeToken', 'idempotent', never)).rejects.toMatchObject({
      code: 'OAUTHDB_TIMEOUT',
      operation: 'storeToken',
      outcome: 'unknown',
      retryable: true,
    });
    await expect(db.run('getToken', 'read', never)).rejects.toMatchObject({ outcome: 'not_executed' });
  });

  it('ends at its own deadline, whatever was called before and after it', async () => {
    const db = calls();
    const ended = await Promise.allSettled([
      db.run('a', 'read', never),
      db.run('b', 'read', async () => 'answer'),
      new Promise((resolve) => setTimeout(resolve, 10)).then(() => db.run('c', 'read', never)),
    ]);
    expect(ended.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected']);
  });

  it('is refused when too many are under way, and accepted when one has ended', async () => {
    const db = calls({ maxCallsInFlight: 1 });
    const { promise, resolve: end } = Promise.withResolvers<string>();
    const first = db.run('a', 'read', () => promise);
    await expect(db.run('b', 'read', async () => 'b')).rejects.toMatchObject({
      code: 'OAUTHDB_OVERLOADED',
      outcome: 'not_executed',
    });
    end('a');
    await first;
    expect(await db.run('b', 'read', async () => 'b')).toBe('b');
  });

  it('is repeated as often as allowed when the reason passes, and then fails with that reason', async () => {
    const driver = failing('OAUTHDB_UNAVAILABLE', 'unknown');
    const call = calls({ maxRetriesPerRequest: 2 }).run('storeToken', 'idempotent', driver.work);
    await expect(call).rejects.toMatchObject({ code: 'OAUTHDB_UNAVAILABLE', message: 'storeToken: no' });
    expect(driver.repeated).toEqual([false, true, true]);
  });

  it('that must not run twice is repeated only when it is certain that it has not run', async () => {
    const unknown = failing('OAUTHDB_UNAVAILABLE', 'unknown');
    await expect(calls().run('x', 'single', unknown.work)).rejects.toMatchObject({ outcome: 'unknown' });
    expect(unknown.runs).toBe(1);
    const certain = failing('OAUTHDB_UNAVAILABLE', 'not_executed');
    await expect(calls().run('x', 'single', certain.work)).rejects.toMatchObject({ outcome: 'not_executed' });
    expect(certain.repeated).toEqual([false, false, false, false]);
  });

  it.each(['OAUTHDB_AUTH', 'OAUTHDB_CONFIG', 'OAUTHDB_STORE_FULL', 'OAUTHDB_CORRUPT'] as const)(
    'is not repeated after %s',
    async (code) => {
      const driver = failing(code, 'not_executed');
      await expect(calls().run('x', 'read', driver.work)).rejects.toMatchObject({ code, retryable: false });
      expect(driver.runs).toBe(1);
    },
  );

  it('is not repeated when there is no time left for it', async () => {
    const driver = failing('OAUTHDB_UNAVAILABLE', 'not_executed');
    const db = calls({ commandTimeout: 50, retryDelayOnFailover: 60 });
    await expect(db.run('x', 'read', driver.work)).rejects.toMatchObject({ code: 'OAUTHDB_UNAVAILABLE' });
    expect(driver.runs).toBe(1);
  });

  it('shows nothing of an error that the driver did not translate', async () => {
    const leak = Object.assign(new Error('SET key hunter2'), {
      command: { args: ['hunter2'] },
      code: 'hunter2',
    });
    const error = await calls({ maxRetriesPerRequest: 0 })
      .run('storeToken', 'idempotent', () => Promise.reject(leak))
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'OAUTHDB_UNAVAILABLE', outcome: 'unknown' });
    const { inspect } = await import('node:util');
    expect(inspect(error, { depth: 10, showHidden: true }) + JSON.stringify(error)).not.toContain('hunter2');
  });

  it('fails like any other when a driver throws instead of rejecting', async () => {
    const call = calls({ maxRetriesPerRequest: 0 }).run('x', 'read', () => {
      throw new RangeError('no');
    });
    await expect(call).rejects.toMatchObject({ code: 'OAUTHDB_UNAVAILABLE' });
  });
});

describe('close', () => {
  it('waits for the calls under way, and then ends those that do not come back', async () => {
    const db = calls({ commandTimeout: 60_000 });
    const order: string[] = [];
    const answered = db.run('a', 'read', async () => 'a').then(() => order.push('answered'));
    const hanging = db
      .run('b', 'idempotent', never)
      .catch((error: OAuthDatabaseError) => order.push(`${error.code} ${error.outcome}`));
    await db.close(async () => void order.push('released'));
    await Promise.all([answered, hanging]);
    expect(order[0]).toBe('answered');
    expect(order.slice(1).toSorted()).toEqual(['OAUTHDB_CLOSED unknown', 'released']);
  });

  it('does not wait for a driver that cannot be closed', async () => {
    expect(await calls().close(never)).toBeUndefined();
  });

  it('releases once, however often it is called', async () => {
    const db = calls();
    let released = 0;
    const release = async (): Promise<void> => void released++;
    await Promise.all([db.close(release), db.close(release)]);
    await db.close(release);
    expect(released).toBe(1);
    await expect(db.run('x', 'read', never)).rejects.toMatchObject({ code: 'OAUTHDB_CLOSED' });
  });
});
