import { expect, test } from 'vitest';
import { logLine } from '../../src/cli/log.js';

test.each([
  ['debug', '.'],
  ['verbose', '-'],
  ['notice', '*'],
  ['warning', '#'],
] as const)('a line of level %s is marked %s', (level, mark) => {
  expect(logLine(42, new Date(2026, 10, 5, 20, 1, 2, 3), level, 'message')).toBe(`42:M 05 Nov 2026 20:01:02.003 ${mark} message\n`);
});
