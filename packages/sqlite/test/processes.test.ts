import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { start } from './process.ts';
import { openDriver, soon, temporaryPath } from './temporary.ts';

describe('several processes', () => {
  it('write at once, and none undoes what another did', async () => {
    const path = temporaryPath();
    await atOnce(2, 'count', path, '400');
    const [counter] = await openDriver({ path }).read(['counter'], soon());
    expect(counter?.value).toBe('800');
  });

  it('take what is there once between them', async () => {
    const path = temporaryPath();
    const keys = Array.from({ length: 2000 }, (_, i) => `code ${i}`);
    const puts = keys.map((key) => ({ key, value: key, expiresAt: null }));
    await openDriver({ path }).commit({ puts }, soon());
    const lines = await atOnce(3, 'take', path, '2000');
    expect(lines.toSorted()).toEqual(keys.toSorted());
  });

  it('lose nothing that was acknowledged when one is killed in the middle of writing', async () => {
    const path = temporaryPath();
    for (let round = 0; round < 10; round++) {
      const child = start('write', path, `round ${round}`);
      await child.printed(20 + round * 17);
      child.kill();
      await child.ended();
      const driver = openDriver({ path });
      const found = await driver.read(child.lines, soon());
      expect(found.map((entry) => entry?.value)).toEqual(child.lines.map((key) => `value of ${key}`));
      const listed = await driver.list({ tag: { name: 'all' } }, { limit: 100_000 }, soon());
      expect(listed.items).toEqual(expect.arrayContaining([...child.lines]));
      await driver.close();
    }
    const db = new Database(path);
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    db.close();
  });
});

describe('while another process holds the lock', () => {
  it('calls settle by their deadline, reads are served, and the event loop goes on', async () => {
    const path = temporaryPath();
    const driver = openDriver({ path });
    await driver.commit({ puts: [{ key: 'a', value: '1', expiresAt: null }] }, soon());
    const holder = start('hold-lock', path);
    await holder.printed(1);

    let ticks = 0;
    const timer = setInterval(() => ticks++, 5);
    const began = performance.now();
    const put = { key: 'b', value: '2', expiresAt: null };
    const calls = [
      driver.commit({ puts: [put] }, soon(400)),
      driver.commit({ deletes: [{ key: 'a' }] }, soon(200)),
      driver.take({ key: 'a', attempt: 'x', rememberMs: 1000 }, soon(300)),
    ];
    expect(await driver.read(['c', 'd'], soon(400))).toEqual([null, null]);
    for (const { status, reason } of await settled(calls)) {
      expect(status).toBe('rejected');
      expect(reason).toMatchObject({ code: 'OAUTHDB_TIMEOUT', outcome: 'not_executed' });
    }
    const elapsed = performance.now() - began;
    clearInterval(timer);
    expect(elapsed).toBeGreaterThan(390);
    expect(elapsed).toBeLessThan(5000);
    expect(ticks).toBeGreaterThan(10);

    const late = driver.commit({ puts: [put] }, soon());
    holder.release();
    expect(await late).toEqual({ committed: true, deleted: 0 });
    expect(await driver.read(['a', 'b'], soon())).toEqual([
      { value: '1', version: '1' },
      { value: '2', version: '2' },
    ]);
    await holder.ended();
  });

  it('a new file waits for it', async () => {
    const path = temporaryPath();
    const holder = start('hold-lock', path);
    await holder.printed(1);
    const driver = openDriver({ path });
    const calls = [driver.read(['a'], soon(200)), driver.commit({ deletes: [{ key: 'a' }] }, soon(200))];
    for (const { reason } of await settled(calls)) {
      expect(reason).toMatchObject({ code: 'OAUTHDB_TIMEOUT', outcome: 'not_executed' });
    }
    holder.release();
    expect(await driver.read(['a'], soon())).toEqual([null]);
    await holder.ended();
  });
});

/** How each came out, in one shape. */
async function settled(calls: Promise<unknown>[]): Promise<{ status: string; reason?: unknown }[]> {
  return Promise.allSettled(calls);
}

/** Lets as many processes run a script, begun at the same moment; gives what they printed. */
async function atOnce(processes: number, script: string, ...args: string[]): Promise<string[]> {
  const children = Array.from({ length: processes }, () => start(script, ...args));
  await Promise.all(children.map((child) => child.printed(1)));
  for (const child of children) child.release();
  for (const child of children) expect(await child.ended()).toBe(0);
  return children.flatMap(({ lines }) => lines.slice(1));
}
