/**
 * What the built package needs and owes: it imports nothing that is not installed with it, and carries the licences of what it contains.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
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
  const { dependencies } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')) as { dependencies: object };
  const imported = [...found(/^(?:import|\} from|import .* from) "([^".][^"]*)";$/gm), ...found(/\b(?:import|require|resolve)\("([^".][^"]*)"\)/g)];
  const packages = new Set(imported.filter((name) => !isBuiltin(name)).map((name) => /^(?:@[^/]+\/)?[^/]+/.exec(name)![0]));
  expect([...packages].sort()).toEqual(Object.keys(dependencies).sort());
});

test('every package that became part of a bundle has its licence beside it', () => {
  const named = readFileSync(`${DIST}THIRD-PARTY-LICENSES.txt`, 'utf8').matchAll(/^(\S+) \d[^ ]*\n=+$/gm);
  const packages = found(/^\s*\/\/ (?:.*\/)?node_modules\/((?:@[^/\n]+\/)?[^/\n]+)\//gm);
  expect(packages).toContain('ink');
  expect([...new Set(Array.from(named, ([, name]) => name))].sort()).toEqual(packages);
});

test('a package of which nothing is left in a bundle owes nothing', () => {
  const input = (bytesInOutput: number) => ({ bytesInOutput });
  const metafile = { outputs: { 'a.js': { inputs: { 'node_modules/ink/build/index.js': input(10), 'node_modules/react/index.js': input(0), 'src/a.ts': input(5) } } } };
  const text = licencesOf(ROOT, metafile) as string;
  expect(text).toMatch(/^ink \d+\.\d+\.\d+\n=+\n\nMIT License/);
  expect(text).not.toContain('react ');
});
