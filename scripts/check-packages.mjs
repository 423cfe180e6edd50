// Packs every package as it would be published, looks at what is inside, and uses the packed ones
// in a project of their own: imported, required, type-checked, and as a command.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

const root = fileURLToPath(new URL('..', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'oauthdb-packages-'));
const problems = [];

function run(command, args, cwd) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (status !== 0) problems.push(`${command} ${args.join(' ')}:\n${stdout}${stderr}`);
  return stdout;
}

try {
  run('pnpm', ['-r', '--filter', './packages/*', 'pack', '--pack-destination', dir], root);
  const tarballs = readdirSync(dir)
    .filter((name) => name.endsWith('.tgz'))
    .map((name) => join(dir, name));
  for (const file of tarballs) {
    const data = readFileSync(file);
    const tarball = data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength);
    const { messages, pkg } = await publint({ pack: { tarball }, strict: true });
    for (const one of messages)
      problems.push(`publint ${pkg.name}: ${formatMessage(one, pkg, { color: false })}`);
    if (pkg.bin) continue; // a command has no types
    const types = await checkPackage(createPackageFromTarballData(new Uint8Array(tarball)));
    if (!types.types) problems.push(`types ${pkg.name}: there are none`);
    else for (const one of types.problems) problems.push(`types ${pkg.name}: ${one.kind}`);
  }

  // pnpm, for its store has most of what the project needs already.
  const use = join(dir, 'use');
  const { catalog } = parseCatalog(readFileSync(join(root, 'pnpm-workspace.yaml'), 'utf8'));
  const at = (name) => `${name}@${catalog[name]}`;
  run('mkdir', [use], dir);
  const overrides = Object.fromEntries(
    tarballs.map((file) => [
      JSON.parse(run('tar', ['xzOf', file, 'package/package.json'], dir)).name,
      `file:${file}`,
    ]),
  );
  writeFileSync(join(use, 'pnpm-workspace.yaml'), JSON.stringify({ packages: [], overrides }));
  writeFileSync(join(use, 'package.json'), '{ "private": true }');
  const others = ['ioredis', 'redis', 'better-sqlite3', 'typescript', '@types/node', '@types/better-sqlite3'];
  run('pnpm', ['add', '--prefer-offline', ...tarballs, ...others.map(at)], use);
  const names = Object.keys(overrides).filter((name) => !name.endsWith('/cli'));
  const imports = names.map((name, i) => `import * as m${i} from '${name}';`).join('\n');
  const list = `export const all: object[] = [${names.map((_, i) => `m${i}`).join(', ')}];\n`;
  writeFileSync(
    join(use, 'esm.mjs'),
    `${imports}\nif ([${names.map((_, i) => `m${i}`).join(', ')}].some((m) => Object.keys(m).length === 0)) throw 0;`,
  );
  writeFileSync(
    join(use, 'cjs.cjs'),
    names.map((name) => `if (Object.keys(require('${name}')).length === 0) throw 0;`).join('\n'),
  );
  writeFileSync(join(use, 'a.mts'), `${imports}\n${list}`);
  writeFileSync(join(use, 'b.cts'), `${imports}\n${list}`);
  run(process.execPath, ['esm.mjs'], use);
  run(process.execPath, ['cjs.cjs'], use);
  const tsc = ['exec', 'tsc', '--noEmit', '--strict', '--types', 'node', '--target', 'es2023'];
  run('pnpm', [...tsc, '--module', 'node16', 'a.mts', 'b.cts'], use);
  run('pnpm', [...tsc, '--module', 'esnext', '--moduleResolution', 'bundler', 'a.mts'], use);
  const said = run('pnpm', ['exec', 'oauthdb', 'demo'], use);
  if (!said.endsWith('hits: 3\n')) problems.push(`the command said: ${said}`);
  console.log(`${tarballs.length} packages packed, checked and used`);
} finally {
  rmSync(dir, { recursive: true, force: true });
}
for (const problem of problems) console.error(problem);
process.exit(problems.length === 0 ? 0 : 1);

/** The `catalog:` part of pnpm-workspace.yaml: a map of names to versions. */
function parseCatalog(yaml) {
  const part = /^catalog:\n((?: {2}.*\n)+)/m.exec(yaml)[1];
  const lines = part.matchAll(/^ {2}'?([^':]+)'?: '?([^'\n]+)'?$/gm);
  return { catalog: Object.fromEntries([...lines].map(([, name, version]) => [name, version])) };
}
