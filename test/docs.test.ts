/** Derived documents say what the sources say, and every link of a document leads somewhere. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { type ListedExperiment, renderDocs } from '../scripts/render-docs.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

const pictures = Object.fromEntries(readdirSync(join(ROOT, 'test/tui/goldens')).map((name) => [name.replace('.txt', ''), read(`test/tui/goldens/${name}`)]));

const EXPERIMENTS = 'src/tui/learn/experiments';
const experiments = readdirSync(join(ROOT, EXPERIMENTS))
  .filter((name) => /^\d/.test(name))
  .map((name) => JSON.parse(read(`${EXPERIMENTS}/${name}`)) as ListedExperiment);

test.each(Object.entries(renderDocs(read('README.md'), pictures, experiments)))('%s agrees with the sources; `npm run docs` updates it', (path, text) => {
  expect(read(path)).toBe(text);
});

const documents = ['README.md', 'CHANGELOG.md', ...readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)];

test.each(documents)('links of %s lead to files', (path) => {
  const targets = [...read(path).matchAll(/\]\(([^)#]+)[^)]*\)/g)].map(([, target]) => target!).filter((target) => !target.includes('://'));
  expect(targets.filter((target) => !existsSync(join(ROOT, dirname(path), target)))).toEqual([]);
});

test('files named in the text of a document exist', () => {
  const named = documents.flatMap((path) => [...read(path).matchAll(/`((?:src|test|bench|scripts|docs|examples)\/[\w./-]+)`/g)].map(([, name]) => name!));
  expect(named.filter((name) => !existsSync(join(ROOT, name)))).toEqual([]);
});
