import { expect, test } from 'vitest';
import { QueryBuffer } from '../../../src/server/client/query-buffer.js';

test('what is left of a foreign buffer is copied, what is left of its own stays where it is', () => {
  const query = new QueryBuffer();
  const foreign = Buffer.from('xxGET');
  query.keep(foreign, 2, 5, 1);
  foreign.fill(0);
  expect(query.bytes.latin1Slice(query.start, query.end)).toBe('GET');
  const own = query.bytes;
  query.keep(own, 1, 3, 1);
  expect(query.bytes).toBe(own);
  expect(query.bytes.latin1Slice(query.start, query.end)).toBe('ET');
});

test('an announced length alone is no reason for more than a little room', () => {
  const query = new QueryBuffer();
  query.keep(Buffer.from('$536870912\r\n'), 0, 12, 512 * 1024 * 1024);
  expect(query.capacity).toBeLessThan(128 * 1024);
});

test('room doubles with what has really come, up to what is missing', () => {
  const query = new QueryBuffer();
  query.keep(Buffer.alloc(1_000_000), 0, 1_000_000, 5_000_000);
  query.makeRoom(5_000_000);
  expect(query.capacity - query.length).toBeGreaterThanOrEqual(1_000_000);
  query.keep(Buffer.alloc(1_000_000), 0, 1_000_000, 10);
  expect(query.capacity - query.length).toBeLessThan(10_000);
});

test('room in front is used before a new buffer is', () => {
  const query = new QueryBuffer();
  query.keep(Buffer.alloc(10_000, 'a'), 0, 10_000, 1);
  query.end = query.bytes.length;
  query.start = query.end - 4;
  const { bytes } = query;
  query.makeRoom(1024);
  expect(query.bytes).toBe(bytes);
  expect([query.start, query.end]).toEqual([0, 4]);
});

test('with nothing left it holds no memory', () => {
  const query = new QueryBuffer();
  query.keep(Buffer.from('abc'), 0, 3, 1);
  query.keep(query.bytes, 3, 3, 1);
  expect(query.capacity).toBe(0);
});
