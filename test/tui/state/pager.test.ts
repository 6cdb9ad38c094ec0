import { expect, test } from 'vitest';
import { findLine, longReplyAt, withLong, type LongReply } from '../../../src/tui/state/repl/pager.js';

const long = (id: number, bytes = 1): LongReply => ({ id, title: 'GET k', reply: '', isText: false, bytes });
const MIB = 1024 * 1024;

test('the newest long replies are kept up to a memory limit, and the newest one in any case', () => {
  const ids = (replies: readonly LongReply[]): number[] => replies.map(({ id }) => id);
  expect(ids(withLong([], Array.from({ length: 12 }, (_, i) => long(i))))).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  expect(ids(withLong([long(1, 40 * MIB), long(2, 20 * MIB)], [long(3, 30 * MIB)]))).toEqual([2, 3]);
  expect(ids(withLong([long(1)], [long(2, 500 * MIB)]))).toEqual([2]);
  expect(ids(withLong([long(1)], [long(2)]))).toEqual([1, 2]);
});

test('the newest is opened first, and from there one leads to the others', () => {
  const all = [long(1), long(2), long(3)];
  const open = (id: number) => ({ id, title: '', lines: [], top: 0, search: '' });
  expect(longReplyAt([], null, 0)).toBe(null);
  expect(longReplyAt(all, null, 0)?.id).toBe(3);
  expect(longReplyAt(all, open(3), -1)?.id).toBe(2);
  expect(longReplyAt(all, open(2), 1)?.id).toBe(3);
  expect(longReplyAt(all, open(3), 1)).toBe(null);
  expect(longReplyAt(all, open(1), -1)).toBe(null);
  expect(longReplyAt(all, open(0), 1)?.id).toBe(1);
});

test('a search wraps around, ignores case, and works backwards', () => {
  const lines = ['alpha', 'Beta', 'gamma', 'BETA'];
  expect(findLine(lines, 'beta', 0, 1)).toBe(1);
  expect(findLine(lines, 'beta', 2, 1)).toBe(3);
  expect(findLine(lines, 'beta', 4, 1)).toBe(1);
  expect(findLine(lines, 'beta', 0, -1)).toBe(3);
  expect(findLine(lines, 'beta', -1, -1)).toBe(3);
  expect(findLine(lines, 'none', 0, 1)).toBe(-1);
  expect(findLine([], 'x', 0, 1)).toBe(-1);
});
