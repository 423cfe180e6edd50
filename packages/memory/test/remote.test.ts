import { failures, faultConformance } from '@oauthdb/core/conformance';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { MemoryDriver } from '../src/index.ts';
import { brokenAnswers } from './remote/broken-answers.ts';
import { brokenEffects } from './remote/broken-effects.ts';
import { betrayed } from './remote/broken.ts';
import { remoteFaults } from './remote/remote.ts';

faultConformance({ describe, it: it.concurrent }, { name: 'a store behind a wire', faults: remoteFaults() });

describe('what is broken on purpose fails the fault group', () => {
  for (const broken of [...brokenAnswers, ...brokenEffects]) {
    // Whoever listens to what is printed hears all who print.
    const test = broken.prints === true ? it : it.concurrent;
    test(`it ${broken.name}: caught by “${broken.caughtBy}”`, async () => {
      if (broken.prints === true) {
        const printing = [
          vi.spyOn(console, 'error').mockReturnValue(),
          vi.spyOn(process.stdout, 'write').mockReturnValue(true),
        ];
        onTestFinished(() => printing.forEach((one) => one.mockRestore()));
      }
      const backend = {
        open: () => new MemoryDriver(),
        database: betrayed(broken),
        faults: remoteFaults(broken.remote),
      };
      const failed = await failures(backend, (name) => name.includes(broken.caughtBy));
      expect(failed).not.toEqual([]);
    });
  }
});
