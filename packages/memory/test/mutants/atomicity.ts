import type { Mutant } from './mutant.ts';
import { pause } from './mutant.ts';

export const atomicity: readonly Mutant[] = [
  {
    name: 'take reads, and then deletes',
    caughtBy: 'fifty contenders › take one entry: one of them has it',
    breaks: (sound) => ({
      take: async (take, at) => {
        const [entry] = await sound.read([take.key], at);
        await pause();
        if (entry === null || entry === undefined) return sound.take(take, at);
        await sound.take(take, at);
        return { status: 'taken', value: entry.value };
      },
    }),
  },
  {
    name: 'a change checks first and writes later',
    caughtBy: 'fifty contenders › create one key: one of them did',
    breaks: (sound) => ({
      commit: async ({ checks = [], ...change }, at) => {
        if (!(await sound.commit({ checks }, at)).committed) return { committed: false, deleted: 0 };
        await pause();
        return sound.commit(change, at);
      },
    }),
  },
  {
    name: 'delete looks first, and then deletes',
    caughtBy: 'fifty contenders › delete one token: one of them did it',
    breaks: (sound) => ({
      commit: async (change, at) => {
        const keys = (change.deletes ?? []).map(({ key }) => key);
        const there = keys.length === 0 ? [] : await sound.read(keys, at);
        await pause();
        const { committed } = await sound.commit(change, at);
        return { committed, deleted: committed ? there.filter((entry) => entry !== null).length : 0 };
      },
    }),
  },
  {
    name: 'only the first check counts',
    caughtBy: 'changes › are all or nothing across keys',
    breaks: (sound) => ({
      commit: (change, at) => sound.commit({ ...change, checks: (change.checks ?? []).slice(0, 1) }, at),
    }),
  },
  {
    name: 'puts are written before the checks are made',
    caughtBy: 'changes › are not made, and leave nothing behind, when a check fails',
    breaks: (sound) => ({
      commit: async (change, at) => {
        const checked = new Set((change.checks ?? []).map(({ key }) => key));
        const early = (change.puts ?? []).filter(({ key }) => !checked.has(key));
        await sound.commit({ puts: early }, at);
        return sound.commit(change, at);
      },
    }),
  },
  {
    name: 'a take within a change is made although the change is not',
    caughtBy: 'taking › within a change does all of it, or nothing',
    breaks: (sound) => ({
      commit: async ({ take, ...change }, at) => {
        if (take === undefined) return sound.commit(change, at);
        const { containing: _ignored, ...unconditional } = take;
        return sound.commit({ ...change, take: unconditional }, at);
      },
    }),
  },
  {
    name: 'a change writes in its own time: the calls of one caller overtake each other',
    caughtBy: 'round trips › keeps the order of calls that were not awaited',
    breaks: (sound) => ({
      commit: async (change, at) => {
        if (change.puts?.some(({ value }) => value.endsWith('9')) === true) await pause();
        else await pause().then(pause);
        return sound.commit(change, at);
      },
    }),
  },
  {
    name: 'an entry is readable before it is listed',
    caughtBy: 'visibility › lists an entry under its tag before it can be read',
    breaks: (sound) => ({
      commit: async (change, at) => {
        const puts = (change.puts ?? []).map(({ tags: _later, ...put }) => put);
        const done = await sound.commit({ ...change, puts }, at);
        await pause();
        if (done.committed) await sound.commit({ puts: change.puts ?? [] }, at);
        return done;
      },
    }),
  },
];
