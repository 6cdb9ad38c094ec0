/** What stands for string-width in the bundle: what it does not ask the package for is what the package would say. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import stringWidth from 'string-width';
import { expect, test } from 'vitest';

const SOURCE = readFileSync(fileURLToPath(new URL('../../scripts/lazy-string-width.mjs', import.meta.url)), 'utf8');
// eslint-disable-next-line no-eval
const PLAIN = (0, eval)(/PLAIN = (.*);/.exec(SOURCE)![1]!) as RegExp;

test('every character that is counted without the package takes the column that the package gives it', () => {
  const plain = Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code)).filter((char) => PLAIN.test(char));
  expect(plain.length).toBeGreaterThan(250);
  expect(plain.filter((char) => stringWidth(char) !== 1)).toEqual([]);
  // Nor do they become wider or narrower beside each other.
  expect(stringWidth(plain.join(''))).toBe(plain.length);
});

test('the bundle of the screen makes none of its expressions before it needs them', () => {
  const bundle = readFileSync(fileURLToPath(new URL('../../dist/cli/run.js', import.meta.url)), 'utf8');
  expect([...bundle.matchAll(/^.*\binit_string_width\(\).*$/gm)].map(([line]) => line.trim())).toEqual([expect.stringMatching(/^measure \?\?= /)]);
});
