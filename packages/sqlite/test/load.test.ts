import { describe, expect, it } from 'vitest';
import { checkVersions, loadBetterSqlite3, notLoadable } from '../src/load.ts';

describe('better-sqlite3', () => {
  it.each([
    ['20.20.2', '9', '13.2.0'],
    ['22.13.1', '9', '13.2.0'],
    ['22.13.1', undefined, '13.0.0'],
    ['22.12.0', '9', undefined],
    ['22.12.0', '9', '14.0.0'],
  ])(
    'is not loaded where it would end the process: Node.js %s, Node-API %s, version %s',
    (node, napi, betterSqlite3) => {
      expect(() => checkVersions({ node, napi, betterSqlite3 })).toThrow(
        expect.objectContaining({
          code: 'OAUTHDB_CONFIG',
          message: expect.stringMatching(/Node\.js 22\.14.*npm install better-sqlite3@12/),
        }),
      );
    },
  );

  it.each([
    ['22.14.0', '10', '13.2.0'],
    ['26.10.0', '11', '14.0.0'],
    ['20.20.2', '9', '12.11.1'],
  ])('is loaded where it runs: Node.js %s, Node-API %s, version %s', (node, napi, betterSqlite3) => {
    expect(() => checkVersions({ node, napi, betterSqlite3 })).not.toThrow();
  });

  it('is loaded here', () => {
    const Client = loadBetterSqlite3();
    const db = new Client(':memory:', { timeout: 0 });
    expect(db.open).toBe(true);
    db.close();
  });

  it('is asked for by name where it is not installed', () => {
    const error = Object.assign(new Error("Cannot find module 'better-sqlite3'"), {
      code: 'MODULE_NOT_FOUND',
    });
    expect(notLoadable(error)).toMatchObject({
      code: 'OAUTHDB_CONFIG',
      message: expect.stringContaining('npm install better-sqlite3'),
    });
  });

  it('is to be rebuilt where it is installed and does not load', () => {
    const error = Object.assign(new Error('compiled against another Node.js'), { code: 'ERR_DLOPEN_FAILED' });
    expect(notLoadable(error)).toMatchObject({
      code: 'OAUTHDB_CONFIG',
      message: expect.stringContaining('npm rebuild better-sqlite3'),
    });
  });
});
