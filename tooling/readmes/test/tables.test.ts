import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { databaseOptionNames, OAuthDatabaseError, type OAuthDatabaseErrorCode } from '@oauthdb/core';
import { expect, it } from 'vitest';
import { root } from '../src/blocks.ts';

/** The cells of a table, of the section with this heading. */
async function table(document: string, heading: string): Promise<string[][]> {
  const text = await readFile(join(root, document), 'utf8');
  const [, section = ''] = text.split(`\n## ${heading}\n`);
  const [own = ''] = section.split('\n## ');
  const [, , ...rows] = own.match(/^\|.*\|$/gm) ?? [];
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  );
}

it('the README of core lists every error code, and says which are retryable', async () => {
  const source = await readFile(join(root, 'packages/core/src/error.ts'), 'utf8');
  const codes = new Set(source.match(/(?<=\| ')OAUTHDB_\w+/g));
  const listed = new Map(
    (await table('packages/core/README.md', 'Errors')).map(([code, , yes]) => [code, yes]),
  );
  expect(new Set(listed.keys())).toEqual(codes);
  for (const [code, yes] of listed) {
    const error = new OAuthDatabaseError(code as OAuthDatabaseErrorCode, '', { outcome: 'unknown' });
    expect({ code, retryable: error.retryable ? 'yes' : 'no' }).toEqual({ code, retryable: yes });
  }
});

it('the README of core lists every option', async () => {
  const listed = (await table('packages/core/README.md', 'Options')).map(([name]) => name);
  expect(new Set(listed)).toEqual(new Set(databaseOptionNames));
});
