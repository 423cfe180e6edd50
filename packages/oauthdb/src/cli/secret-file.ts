import { writeFile } from 'node:fs/promises';
import { UsageError } from './exit-codes.ts';

/** Writes a file that only its owner can read, and that was not there before. */
export async function writeNew(file: string, text: string, option: string): Promise<void> {
  try {
    await writeFile(file, text, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError(
      `the file of ${option} cannot be written: ${code === 'EEXIST' ? 'it is there already' : code}`,
    );
  }
}
