/**
 * What a program wrote before it ended is shown without the lab's own code.
 */
import { expect, test } from 'vitest';
import { WithoutLab } from '../../src/program/ending.js';

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
