/**
 * What a program wrote before it ended is shown without the lab's own code.
 */
import { expect, test } from 'vitest';
import { endingOf, LastWords, WithoutLab } from '../../src/program/ending.js';

function shown(text: string): string {
  const without = new WithoutLab();
  return text.split('\n').filter((line) => without.keeps(line)).join('\n');
}

test('the stack of an error has no frame of the lab', () => {
  const trace = `oh no
file:///home/me/my-loop.js:38
    throw new Error('runOnce is not written yet');
    ^

Error: runOnce is not written yet
    at Loop.runOnce (file:///home/me/my-loop.js:38:11)
    at turn (file:///opt/redis-lab/dist/program/child/main.js:45:11)
    at file:///opt/redis-lab/dist/program/child/main.js:97:24
    at async node:internal/modules/esm/loader:600:26

Node.js v20.18.0`;
  expect(shown(trace)).toBe(trace.split('\n').filter((line) => !line.includes('redis-lab')).join('\n'));
});

test('where the lab has thrown, its line is left out, and nothing else', () => {
  const said = 'Error: a stream that was closed';
  expect(shown(`before\nfile:///opt/redis-lab/dist/poll/index.js:99\n  throw closed();\n  ^\n\n${said}\n    at read (/opt/redis-lab/dist/chunks/a.js:1:2)\n\nafter`)).toBe(
    `before\n${said}\n\nafter`,
  );
});

/** How a program has ended that has written this. */
function ending(written: string, code: number | null = 1, signal: string | null = null): string {
  const words = new LastWords();
  for (const line of written.split('\n')) words.hear(line);
  return endingOf({ code, signal }, words, '/home/me/loop.js').text.en;
}

const CLOSING = '\n\nNode.js v20.20.2\n';
const NO_ERROR = '\n(Use `node --trace-uncaught ...` to show where the exception was thrown)';
const AT = 'file:///home/me/loop.js:6\nthrow it;\n^';

test.each([
  [`${AT}\n\nTypeError: no\n    at file:///home/me/loop.js:6:3${CLOSING}`, 'it threw TypeError: no (loop.js:6)'],
  [`${AT}\nnull${NO_ERROR}${CLOSING}`, 'it threw null (loop.js:6)'],
  [`${AT}\na text${NO_ERROR}${CLOSING}`, 'it threw a text (loop.js:6)'],
  [`${AT}\n\nError: two\nError: lines${CLOSING}`, 'it threw Error: two (loop.js:6)'],
  [`x\n  ^\n\nUnhandledPromiseRejection: This error originated. The promise rejected with the reason "null".\n    at node:internal${CLOSING}`,
    'it threw "null" in a promise, and nothing caught it'],
])('after %j: %s', (written, expected) => {
  expect(ending(written)).toBe(expected);
});

test('an error that was only printed has not ended a program', () => {
  expect(ending('Error: only logged\n', 7)).toBe('it has ended with exit code 7');
});

test('a full heap, and an await without end, are named', () => {
  expect(ending('<--- Last few GCs --->\nFATAL ERROR: Reached heap limit - JavaScript heap out of memory\n', null, 'SIGABRT')).toBe(
    'it was ended by SIGABRT: Reached heap limit - JavaScript heap out of memory',
  );
  expect(ending('', 13)).toBe('it has ended with exit code 13: it awaits a promise that nothing settles');
});
