import { describe, expect, it } from 'vitest';
import { ServerClock } from '../src/clock.ts';

const HOUR = 3_600_000;

describe('the clock of a server', () => {
  it('shows nothing before anything is known of it, so that everything is late', () => {
    expect(new ServerClock().at(1000)).toBe(0);
  });

  it.each([0, 5 * HOUR, -5 * HOUR])('is never taken for a later one, when it is %d ms away', (offset) => {
    const clock = new ServerClock();
    const epoch = 1_700_000_000_000 + offset;
    for (const [sentAt, between, receivedAt] of [
      [100, 400, 500],
      [600, 601, 900],
      [1000, 1001.5, 1002],
    ] as const) {
      clock.learn(Math.floor(epoch + between), sentAt, receivedAt);
      expect(clock.at(5000)).toBeLessThanOrEqual(epoch + 5000);
    }
    expect(clock.at(5000)).toBeGreaterThanOrEqual(epoch + 5000 - 2.5);
  });

  it('is learnt anew when it was set', () => {
    const clock = new ServerClock();
    for (const epoch of [1_700_000_000_000, 1_700_000_000_000 - HOUR, 1_700_000_000_000 + HOUR]) {
      clock.learn(epoch + 10, 9, 11);
      expect(Math.abs(clock.at(1000) - epoch - 1000)).toBeLessThan(3);
    }
  });
});
