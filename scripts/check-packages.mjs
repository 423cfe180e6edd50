// Packs every package as it would be published, looks at what is inside, and uses the packed ones
// in projects of their own: imported, required, type-checked, and as commands.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

const root = fileURLToPath(new URL('..', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'oauthdb-packages-'));
const problems = [];
try {
  const packed = pack();
  for (const one of packed) await inspect(one);
  // Everything together; and `oauthdb` without its optional peers, as most people install it.
  use('all', packed, packed);
  use(
    'alone',
    packed.filter(({ name }) => name === 'oauthdb'),
    packed,
  );
  console.log(`${packed.length} packages packed, inspected and used: ${problems.length} problems`);
} finally {
  rmSync(dir, { recursive: true, force: true });
}
for (const problem of problems) console.error(problem);
process.exit(problems.length === 0 ? 0 : 1);

function run(command, args, cwd) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (status !== 0) problems.push(`${command} ${args.join(' ')}:\n${error ?? `${stdout}${stderr}`}`);
  return stdout ?? '';
}

function pack() {
  run('pnpm', ['-r', '--filter', './packages/*', 'pack', '--pack-destination', dir], root);
  return readdirSync(dir).map((name) => {
    const file = join(dir, name);
    const manifest = JSON.parse(run('tar', ['-xzOf', file, 'package/package.json'], dir));
    return { file, name: manifest.name, manifest };
  });
}

async function inspect({ file, name, manifest }) {
  const data = new Uint8Array(readFileSync(file));
  const { messages } = await publint({ pack: { tarball: data.buffer }, strict: true });
  for (const one of messages) {
    problems.push(`publint ${name}: ${formatMessage(one, manifest, { color: false })}`);
  }
  const types = await checkPackage(createPackageFromTarballData(data));
  if (!types.types) problems.push(`types ${name}: there are none`);
  // node10 is how Node.js resolved before `exports`; no version that the packages run on does.
  const found = (types.problems ?? []).filter((one) => one.resolutionKind !== 'node10');
  for (const { kind, entrypoint = '', resolutionKind = '' } of found) {
    problems.push(`types ${name}: ${kind} ${entrypoint} ${resolutionKind}`);
  }
  const files = run('tar', ['-tzf', file], dir);
  for (const wanted of ['package/README.md', 'package/LICENSE']) {
    if (!files.split('\n').includes(wanted)) problems.push(`${name}: no ${wanted}`);
  }
}

/** A project that depends on the chosen packages, and gets all of ours as they are packed. */
function use(title, chosen, packed) {
  const place = join(dir, title);
  mkdirSync(place);
  const overrides = Object.fromEntries(packed.map(({ name, file }) => [name, `file:${file}`]));
  // Nothing hoisted: a package reaches what it declares, and no more.
  const settings = { packages: [], overrides, hoist: false };
  writeFileSync(join(place, 'pnpm-workspace.yaml'), JSON.stringify(settings));
  writeFileSync(join(place, 'package.json'), '{ "private": true }');
  const peers = chosen.flatMap(({ manifest: { peerDependencies = {}, peerDependenciesMeta = {} } }) =>
    Object.keys(peerDependencies).filter((name) => !peerDependenciesMeta[name]?.optional),
  );
  const versions = catalog();
  const others = [...new Set([...peers, 'typescript', '@types/node'])].filter((name) => versions[name]);
  if (others.includes('better-sqlite3')) others.push('@types/better-sqlite3');
  const wanted = [...chosen.map(({ file }) => file), ...others.map((name) => `${name}@${versions[name]}`)];
  run('pnpm', ['add', '--prefer-offline', ...wanted], place); // its store has most of them already

  const entries = chosen.flatMap(({ name, manifest }) =>
    Object.keys(manifest.exports)
      .filter((path) => path !== './package.json')
      .map((path) => name + path.slice(1)),
  );
  const imports = entries.map((entry, i) => `import * as m${i} from '${entry}';\n`).join('');
  const all = `[${entries.map((_, i) => `m${i}`).join(', ')}]`;
  const check = 'if (all.some((one) => Object.keys(one).length === 0)) throw new Error("empty");\n';
  const required = `[${entries.map((entry) => `require('${entry}')`).join(', ')}]`;
  writeFileSync(join(place, 'esm.mjs'), `${imports}const all = ${all};\n${check}`);
  writeFileSync(join(place, 'cjs.cjs'), `const all = ${required};\n${check}`);
  for (const file of ['a.mts', 'b.cts']) {
    writeFileSync(join(place, file), `${imports}export const all: object[] = ${all};\n`);
  }
  run(process.execPath, ['esm.mjs'], place);
  run(process.execPath, ['cjs.cjs'], place);
  const tsc = ['exec', 'tsc', '--noEmit', '--strict', '--types', 'node', '--target', 'es2023'];
  run('pnpm', [...tsc, '--module', 'node16', 'a.mts', 'b.cts'], place);
  run('pnpm', [...tsc, '--module', 'esnext', '--moduleResolution', 'bundler', 'a.mts'], place);

  for (const { name, manifest } of chosen) {
    const commands = typeof manifest.bin === 'string' ? [name] : Object.keys(manifest.bin ?? {});
    for (const command of commands) {
      const said = run('pnpm', ['exec', command, '--version'], place);
      if (!said.includes(manifest.version)) problems.push(`${command} --version said: ${said}`);
    }
  }
}

/** The `catalog:` part of pnpm-workspace.yaml: a map of names to versions. */
function catalog() {
  const yaml = readFileSync(join(root, 'pnpm-workspace.yaml'), 'utf8');
  const [, part] = /^catalog:\n((?: {2}.*\n)+)/m.exec(yaml);
  const lines = part.matchAll(/^ {2}'?([^':]+)'?: '?([^'\n]+)'?$/gm);
  return Object.fromEntries([...lines].map(([, name, version]) => [name, version]));
}
