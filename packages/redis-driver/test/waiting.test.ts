import { monotonicNow } from '@oauthdb/core';
import { describe, expect, it } from 'vitest';
import { Waiting } from '../src/waiting.ts';

/** What becomes of those who wait, as it happens. */
function watched(waiting: Waiting): { told: string[]; wait: (name: string, ms: number) => Promise<void> } {
  const told: string[] = [];
  const wait = (name: string, ms: number): Promise<void> =>
    waiting.wait(monotonicNow() + ms).then(
      () => void told.push(`${name} goes on`),
      (reason: unknown) => void told.push(`${name}: ${String(reason)}`),
    );
  return { told, wait };
}

const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

describe('whoever waits', () => {
  it('is told at a deadline of its own, whoever came before', async () => {
    const waiting = new Waiting(() => 'in vain');
    const { told, wait } = watched(waiting);
    const late = wait('late', 60_000);
    await wait('early', 5);
    await wait('later', 20);
    expect(told).toEqual(['early: in vain', 'later: in vain']);
    waiting.resolve();
    await late;
    expect(told).toEqual(['early: in vain', 'later: in vain', 'late goes on']);
  });

  it('is told why by what is the matter then', async () => {
    let reason = 'not tried yet';
    const { told, wait } = watched(new Waiting(() => reason));
    const waits = wait('one', 20);
    reason = 'refused';
    await waits;
    expect(told).toEqual(['one: refused']);
  });

  it('is told at once where the time is over', async () => {
    const { told, wait } = watched(new Waiting(() => 'in vain'));
    await wait('one', -100);
    expect(told).toEqual(['one: in vain']);
  });

  it('goes on in the order in which they came', async () => {
    const waiting = new Waiting(() => 'in vain');
    const { told, wait } = watched(waiting);
    const waits = Promise.all([wait('first', 60_000), wait('second', 1000), wait('third', 30_000)]);
    waiting.resolve();
    await waits;
    expect(told).toEqual(['first goes on', 'second goes on', 'third goes on']);
  });

  it('keeps the process alive, and nobody else does', async () => {
    const before = timers();
    const waiting = new Waiting(() => 'in vain');
    const { told, wait } = watched(waiting);
    const waits = Promise.all(Array.from({ length: 1000 }, (_, i) => wait(String(i), 60_000 + i)));
    expect(timers()).toBe(before + 1);
    waiting.reject('closed');
    await waits;
    expect(told).toHaveLength(1000);
    expect(timers()).toBe(before);
  });
});
