import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

it('the suite runs under node:test as well', async () => {
  const file = fileURLToPath(new URL('./under-node-test.ts', import.meta.url));
  const args = [
    '--conditions=@oauthdb/source',
    '--disable-warning=ExperimentalWarning',
    '--test',
    '--test-reporter=tap',
    file,
  ];
  // Inside a test runner of Node.js this variable makes a child report to it.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { stdout } = await promisify(execFile)(process.execPath, args, { env });
  expect(Number(/^# pass (\d+)$/m.exec(stdout)?.[1])).toBeGreaterThan(80);
  expect(stdout).toMatch(/^# fail 0$/m);
});
