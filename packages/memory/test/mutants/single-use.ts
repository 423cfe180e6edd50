import { randomUUID } from 'node:crypto';
import type { Mutant } from './mutant.ts';

export const singleUse: readonly Mutant[] = [
  {
    name: 'take does not know its own attempt again',
    caughtBy: 'taking › gives the same answer to the attempt that repeats itself',
    breaks: (sound) => ({ take: (take, at) => sound.take({ ...take, attempt: randomUUID() }, at) }),
  },
  {
    name: 'a check does not ask whether a key was used',
    caughtBy: 'taking › is seen by a check that the key is not used, in the step that it is made in',
    breaks: (sound) => ({
      commit: ({ checks = [], ...change }, at) =>
        sound.commit({ ...change, checks: checks.map(({ key, version }) => ({ key, version })) }, at),
    }),
  },
  {
    name: 'what is deleted is forgotten, whatever is said',
    caughtBy: 'taking › is what a deletion can be remembered as',
    breaks: (sound) => ({
      commit: ({ deletes = [], ...change }, at) =>
        sound.commit({ ...change, deletes: deletes.map(({ remembered: _not, ...one }) => one) }, at),
    }),
  },
  {
    name: 'what is deleted is remembered, whether it was there or not',
    caughtBy: 'taking › is what a deletion can be remembered as',
    breaks: (sound) => ({
      commit: async (change, at) => {
        for (const { key, remembered } of change.deletes ?? []) {
          if (remembered !== true || (await sound.read([key], at))[0] !== null) continue;
          await sound.commit({ puts: [{ key, value: '', expiresAt: null }] }, at);
          await sound.take({ key, attempt: randomUUID(), rememberMs: 60_000 }, at);
        }
        return sound.commit(change, at);
      },
    }),
  },
  {
    name: 'take does not remember what was used',
    caughtBy: 'fifty contenders › take one entry: one of them has it',
    breaks: (sound) => ({
      take: async (take, at) => {
        const taken = await sound.take(take, at);
        return taken.status === 'used' ? { status: 'absent' } : taken;
      },
    }),
  },
  {
    name: 'take gives whoever comes later the value as well',
    caughtBy: 'taking › gives the same answer to the attempt that repeats itself',
    breaks: (sound) => ({
      take: async (take, at) => {
        const taken = await sound.take(take, at);
        return taken.status === 'used' ? { status: 'taken', value: taken.value } : taken;
      },
    }),
  },
  {
    name: 'take burns what it refuses',
    caughtBy: 'taking › refuses what does not contain what it must, and leaves it',
    breaks: (sound) => ({
      take: async (take, at) => {
        const taken = await sound.take(take, at);
        if (taken.status === 'refused') await sound.commit({ deletes: [{ key: take.key }] }, at);
        return taken;
      },
    }),
  },
  {
    name: 'what a value must contain is taken for a pattern',
    caughtBy: 'taking › refuses what does not contain what it must, and leaves it',
    breaks: (sound) => ({
      take: async (take, at) => {
        const [entry] = await sound.read([take.key], at);
        const pattern = take.containing?.replace(/[[*?]/g, '\\$&');
        const matches = pattern === undefined || new RegExp(pattern).test(entry?.value ?? '');
        const { containing: _pattern, ...rest } = take;
        return matches ? sound.take(rest, at) : { status: 'refused' };
      },
    }),
  },
  {
    name: 'a key that is put again is still known as used',
    caughtBy: 'taking › forgets that a key was used once it is put again',
    breaks: (sound) => {
      const used = new Map<string, string>();
      return {
        take: async (take, at) => {
          const value = used.get(take.key);
          if (value !== undefined) return { status: 'used', value };
          const taken = await sound.take(take, at);
          if (taken.status === 'taken') used.set(take.key, taken.value);
          return taken;
        },
      };
    },
  },
  {
    name: 'that something was used is forgotten at once',
    caughtBy: 'taking › remembers as long as it is told and as the entry would have lived',
    breaks: (sound) => ({ take: (take, at) => sound.take({ ...take, rememberMs: 1 }, at) }),
  },
  {
    name: 'a change that repeats itself is made twice',
    caughtBy: 'taking › within a change that repeats itself writes nothing a second time',
    breaks: (sound) => ({
      commit: async ({ take, ...change }, at) => {
        if (take === undefined) return sound.commit(change, at);
        const { status } = await sound.take(take, at);
        if (status !== 'taken') return { committed: false, deleted: 0 };
        return sound.commit(change, at);
      },
    }),
  },
  {
    name: 'the memory of a used entry shows up in listings',
    caughtBy: 'taking › leaves no trace that a listing shows',
    breaks: (sound) => ({
      take: async (take, at) => {
        const taken = await sound.take(take, at);
        const marker = { key: `${take.key}:used`, value: take.attempt, expiresAt: at.now + take.rememberMs };
        if (taken.status === 'taken') await sound.commit({ puts: [marker] }, at);
        return taken;
      },
    }),
  },
];
