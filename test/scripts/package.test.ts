/**
 * What the built package needs and owes: it imports nothing that is not installed with it, and carries the licences of what it contains.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
// @ts-expect-error A script has no declarations.
import { licencesOf } from '../../scripts/licences.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const DIST = `${ROOT}dist/`;

const bundles = readdirSync(DIST, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.js'))
  .map((file) => readFileSync(DIST + file, 'utf8'));

/** The first group of every match in any of the bundles, each once. */
function found(pattern: RegExp): string[] {
  return [...new Set(bundles.flatMap((text) => Array.from(text.matchAll(pattern), (match) => match[1]!)))].sort();
}

test('what the bundles import is installed with the package', () => {
  const { dependencies = {}, optionalDependencies } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')) as { dependencies?: object; optionalDependencies: object };
  const imported = [...found(/^(?:import|\} from|import .* from) "([^".][^"]*)";$/gm), ...found(/\b(?:import|require|resolve)\("([^".][^"]*)"\)/g)];
  const packages = new Set(imported.filter((name) => !isBuiltin(name)).map((name) => /^(?:@[^/]+\/)?[^/]+/.exec(name)![0]));
  expect([...packages].sort()).toEqual(Object.keys(dependencies).sort());
  // koffi's binary for this machine is required by its name.
  expect(found(/\(`(@koromix\/koffi-)\$/g)).toEqual(['@koromix/koffi-']);
  if (process.platform === 'linux') expect(Object.keys(optionalDependencies)).toContain(`@koromix/koffi-linux-${process.arch}`);
});

test('nothing that is installed with the package runs a script', () => {
  const { dependencies = {}, optionalDependencies } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')) as { dependencies?: object; optionalDependencies: object };
  const { packages } = JSON.parse(readFileSync(`${ROOT}package-lock.json`, 'utf8')) as { packages: { [path: string]: { hasInstallScript?: boolean } } };
  const named = [...Object.keys(dependencies), ...Object.keys(optionalDependencies)].map((name) => packages[`node_modules/${name}`]);
  expect(named).not.toContain(undefined);
  expect(named.filter((entry) => entry?.hasInstallScript === true)).toEqual([]);
});

test('a packed package.json has no script that npm would ask about, and the checkout keeps its own', () => {
  const folder = mkdtempSync(join(tmpdir(), 'redis-lab-pack-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const manifest = join(folder, 'package.json');
  copyFileSync(`${ROOT}package.json`, manifest);
  const packing = (step: string): void => void execFileSync(process.execPath, [`${ROOT}scripts/packing.mjs`, step, folder]);
  packing('begin');
  const { scripts } = JSON.parse(readFileSync(manifest, 'utf8')) as { scripts: { [name: string]: string } };
  expect(Object.keys(scripts).filter((name) => /^(pre|post)?install$|prepare$/.test(name))).toEqual([]);
  packing('end');
  expect(readFileSync(manifest, 'utf8')).toBe(readFileSync(`${ROOT}package.json`, 'utf8'));
});

test('the package holds the documents and the examples that the README and the help name', () => {
  const packed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: ROOT, encoding: 'utf8' });
  const [{ files }] = JSON.parse(packed) as [{ files: { path: string }[] }];
  const named = Array.from(readFileSync(`${ROOT}README.md`, 'utf8').matchAll(/\b(?:docs|examples)\/[\w.-]+\.m(?:d|js)\b/g), ([path]) => path);
  expect(named).toEqual(expect.arrayContaining(['docs/engines.md', 'docs/my-loop.md', 'examples/step-through.mjs', 'examples/in-a-test.test.mjs']));
  expect(files.map(({ path }) => path)).toEqual(expect.arrayContaining(named));
});

test('every package in a bundle has its licence beside it', () => {
  const named = readFileSync(`${DIST}THIRD-PARTY-LICENSES.txt`, 'utf8').matchAll(/^(\S+) \d[^ ]*\n=+$/gm);
  const packages = found(/^\s*\/\/ (?:.*\/)?node_modules\/((?:@[^/\n]+\/)?[^/\n]+)\//gm);
  expect(packages).toContain('ink');
  // Of this one a file is copied.
  packages.push('wasmoon-lua5.1');
  expect([...new Set(Array.from(named, ([, name]) => name))].sort()).toEqual(packages.sort());
});

test('a package of which nothing is left in a bundle owes nothing', () => {
  const input = (bytesInOutput: number) => ({ bytesInOutput });
  const metafile = { outputs: { 'a.js': { inputs: { 'node_modules/ink/build/index.js': input(10), 'node_modules/react/index.js': input(0), 'src/a.ts': input(5) } } } };
  const text = licencesOf(ROOT, metafile) as string;
  expect(text).toMatch(/^ink \d+\.\d+\.\d+\n=+\n\nMIT License/);
  expect(text).not.toContain('react ');
});
