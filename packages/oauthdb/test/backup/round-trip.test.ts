import { join } from 'node:path';
import { exportedKinds, type Exported } from '@oauthdb/core';
import { startPrivateServer } from '@oauthdb/test-redis/server';
import { describe, expect, it, onTestFinished } from 'vitest';
import { backup, open, restore, verify } from '../../src/index.ts';
import { backends, contents, directory, empty, fill } from './subjects.ts';

const kinds = exportedKinds;

/** Redis ends tokens by its own clock, and says when to within a call's time. */
const EXACT_MS = 2000;

let all: Promise<Exported[]> | undefined;

/** The same for all pairs. */
function generated(): Promise<Exported[]> {
  const generate = async (): Promise<Exported[]> => {
    const db = await empty('memory');
    await fill(db, 20);
    const found: Exported[] = [];
    for await (const one of db.export({ kinds })) found.push(one);
    return found;
  };
  return (all ??= generate());
}

describe.each(backends)('a backup of %s', (source) => {
  it.each(backends)('restored into %s is the same, and so is a backup of that', async (target) => {
    const [from, to] = [await empty(source), await empty(target)];
    await from.import(await generated());
    const files = [join(directory(), 'first.backup'), join(directory(), 'second.backup')] as const;
    const made = await backup(from, files[0], { kinds });
    expect(made.records).toBe(147);
    expect(await verify(files[0])).toEqual(made);
    const { stored, backup: read } = await restore(to, files[0]);
    expect([stored, read]).toEqual([made.records, made]);
    const [before, after] = [await contents(from), await contents(to)];
    expect(after.lines).toEqual(before.lines);
    for (const [key, end] of before.ends) {
      expect(Math.abs((after.ends.get(key) ?? Infinity) - end)).toBeLessThan(EXACT_MS);
    }
    const again = await backup(to, files[1], { kinds });
    expect(again.counts).toEqual(made.counts);
    const third = await empty('memory');
    await restore(third, files[1]);
    expect((await contents(third)).lines).toEqual(before.lines);
    // What was found under a user is found there again.
    for (const db of [to, third]) {
      expect(await db.revoke({ username: 'a' })).toEqual({
        accessTokens: 1,
        refreshTokens: 1,
        codes: 1,
        sessions: 1,
      });
    }
  });
});

describe('a backup', () => {
  it('is made by somebody who may only read', async () => {
    const server = await startPrivateServer({ password: 'secret' });
    onTestFinished(() => server.stop());
    const { host, port } = server;
    const writer = await open(`redis://:secret@${host}:${port}`);
    onTestFinished(() => writer.close());
    await writer.import(await generated());
    await server.send('ACL', 'SETUSER', 'reader', 'on', '>p', '~*', 'nocommands', '+@read', '+@connection');
    for (const library of ['ioredis', 'node-redis'] as const) {
      const reader = await open(`redis://reader:p@${host}:${port}`, { redis: { library } });
      onTestFinished(() => reader.close());
      const file = join(directory(), 'oauth.backup');
      const { records, source } = await backup(reader, file, { kinds });
      expect([records, source]).toEqual([147, 'unknown']);
    }
  });
});

describe('a restore', () => {
  it('can be of some kinds only, and of none of what is there', async () => {
    const [from, to] = [await empty('memory'), await empty('memory')];
    await fill(from, 5);
    const file = join(directory(), 'oauth.backup');
    await backup(from, file);
    expect((await restore(to, file, { kinds: ['client'] })).stored).toBe(5);
    expect((await contents(to)).lines).toHaveLength(5);
    expect((await restore(to, file, { mode: 'skip', dryRun: true })).kept).toBe(5);
    const { stored, kept } = await restore(to, file, { mode: 'skip' });
    expect([stored, kept]).toEqual([22, 5]);
  });

  it('writes nothing where the handles of the file cannot be made', async () => {
    const from = await empty('memory');
    await fill(from, 3);
    const file = join(directory(), 'oauth.backup');
    await backup(from, file);
    for (const options of [
      { handles: 'plain' as const },
      { secrets: { pepper: 'a pepper of enough bytes' } },
    ]) {
      const to = await empty('memory', options);
      await expect(restore(to, file)).rejects.toMatchObject({ code: 'OAUTHDB_UNSUPPORTED' });
      expect((await contents(to)).lines).toEqual([]);
      expect((await restore(to, file, { kinds: ['client', 'token', 'held'] })).stored).toBe(9);
    }
  });

  it('tells how far it is, and ends when it is told to', async () => {
    const [from, to] = [await empty('memory'), await empty('memory')];
    await fill(from, 10);
    const file = join(directory(), 'oauth.backup');
    const phases = new Set<string>();
    const onProgress = ({ phase, records }: { phase: string; records: number }): void => {
      if (records > 0) phases.add(phase);
    };
    await backup(from, file, { onProgress });
    await restore(to, file, { onProgress });
    expect([...phases]).toEqual(['backup', 'verify', 'restore']);
    const signal = AbortSignal.abort();
    await expect(restore(to, file, { signal })).rejects.toThrow(/abort/i);
    await expect(verify(file, { signal })).rejects.toThrow(/abort/i);
    await expect(backup(from, `${file} 2`, { signal })).rejects.toThrow(/abort/i);
    await expect(verify(`${file} 2`)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
