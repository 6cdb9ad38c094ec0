import { describe, expect, test, vi } from 'vitest';
import { QueryBuffer } from '../../../src/server/client/query-buffer.js';

test('the rest of another buffer is copied, the rest of its own stays where it is', () => {
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

test('memory that one buffer has given back is not shared by two others, and buffers have exactly the size that they say', () => {
  const rest = (text: string): Buffer => Buffer.alloc(40_000, text);
  const first = new QueryBuffer();
  first.keep(rest('a'), 0, 40_000, 30_000);
  const { bytes } = first;
  first.keep(bytes, first.end, first.end, 1);
  expect(first.capacity).toBe(0);
  const queries = ['b', 'c', 'd'].map((text) => {
    const query = new QueryBuffer();
    query.keep(rest(text), 0, 40_000, 30_000);
    return query;
  });
  expect(queries.map(({ capacity }) => capacity)).toEqual([70_000, 70_000, 70_000]);
  expect(queries.map((query) => query.bytes.latin1Slice(query.start, query.end))).toEqual(['b', 'c', 'd'].map((text) => text.repeat(40_000)));
  expect(new Set(queries.map((query) => query.bytes.buffer)).size).toBe(3);
});

test('a buffer that is cleared while a read is being processed is not given to others', () => {
  const query = new QueryBuffer();
  query.keep(Buffer.alloc(40_000, 'a'), 0, 40_000, 30_000);
  const { bytes } = query;
  query.clear();
  const other = new QueryBuffer();
  other.keep(Buffer.alloc(40_000, 'b'), 0, 40_000, 30_000);
  expect(other.bytes.buffer).not.toBe(bytes.buffer);
  expect(bytes.latin1Slice(0, 40_000)).toBe('a'.repeat(40_000));
});

test('an announced length alone allocates only a little room', () => {
  const query = new QueryBuffer();
  query.keep(Buffer.from('$536870912\r\n'), 0, 12, 512 * 1024 * 1024);
  expect(query.capacity).toBeLessThan(128 * 1024);
});

test('room doubles with what has actually arrived, up to what is missing', () => {
  const query = new QueryBuffer();
  query.keep(Buffer.alloc(1_000_000), 0, 1_000_000, 5_000_000);
  query.makeRoom(5_000_000);
  expect(query.capacity - query.length).toBeGreaterThanOrEqual(1_000_000);
  query.keep(Buffer.alloc(1_000_000), 0, 1_000_000, 10);
  expect(query.capacity - query.length).toBeLessThan(10_000);
});

test('of a large argument only the beginning is moved, and then it has exactly its room', () => {
  const TOTAL = 40_000_000;
  const query = new QueryBuffer();
  const moved = countMoved(() => {
    query.keep(Buffer.alloc(65_536), 0, 65_536, TOTAL - 65_536);
    while (query.length < TOTAL) {
      query.makeRoom(TOTAL - query.length);
      fill(query, 100_000);
      query.keep(query.bytes, query.start, query.end, Math.max(1, TOTAL - query.length));
    }
  });
  expect(query.capacity).toBe(TOTAL);
  expect(moved).toBeLessThan(TOTAL / 16);
});

test('until a 64th of it has arrived, the room only doubles', () => {
  const query = new QueryBuffer();
  query.keep(Buffer.alloc(100_000), 0, 100_000, 500_000_000);
  expect(query.capacity).toBe(200_000);
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

test('a small rest does not keep a large buffer', () => {
  const query = new QueryBuffer();
  query.keep(Buffer.alloc(1_000_000, 'a'), 0, 1_000_000, 1);
  query.keep(query.bytes, 999_990, 1_000_000, 1);
  expect(query.capacity).toBeLessThan(2048);
  expect(query.bytes.latin1Slice(query.start, query.end)).toBe('aaaaaaaaaa');
});

test('a read brings at most one byte more than the limit', () => {
  const query = new QueryBuffer();
  query.keep(Buffer.alloc(100_000), 0, 100_000, 1);
  fill(query, 100_000);
  query.makeRoom(1);
  expect(query.readEnd(150_000) - query.start).toBe(150_001);
  expect(query.readEnd(1) - query.end).toBe(1);
});

describe('each byte is moved only a few times, however many wait', () => {
  const TOTAL = 8_000_000;

  test.for([
    { how: 'in small reads, with nothing known of what is missing', size: 4096, missing: () => 1 },
    { how: 'in large reads', size: 200_000, missing: () => 1 },
    { how: 'of an argument whose length was announced', size: 10_000, missing: (length: number) => TOTAL - length },
  ])('$how', ({ size, missing }) => {
    const query = new QueryBuffer();
    const moved = countMoved(() => {
      query.keep(Buffer.alloc(1000), 0, 1000, missing(1000));
      while (query.length < TOTAL) {
        query.makeRoom(missing(query.length));
        fill(query, size);
        query.keep(query.bytes, query.start, query.end, missing(query.length));
      }
    });
    expect(moved).toBeLessThan(3 * TOTAL);
  });

  test('while requests are executed at the front and others arrive at the end', () => {
    const query = new QueryBuffer();
    let through = 0;
    const moved = countMoved(() => {
      query.keep(Buffer.alloc(1_000_000), 0, 1_000_000, 1);
      while (through < TOTAL) {
        query.makeRoom(1);
        fill(query, 1000);
        query.keep(query.bytes, query.start + 1000, query.end, 1);
        through += 1000;
      }
    });
    expect(moved).toBeLessThan(3 * TOTAL);
    expect(query.capacity).toBeLessThan(5_000_000);
  });
});

/** What a read does: appends at most `size` bytes. */
function fill(query: QueryBuffer, size: number): void {
  query.end = Math.min(query.bytes.length, query.end + size);
}

function countMoved(run: () => void): number {
  const copy = vi.spyOn(Buffer.prototype, 'copy');
  try {
    run();
    return copy.mock.results.reduce((sum, { value }) => sum + (value as number), 0);
  } finally {
    copy.mockRestore();
  }
}

test('when empty it holds no memory', () => {
  const query = new QueryBuffer();
  query.keep(Buffer.from('abc'), 0, 3, 1);
  query.keep(query.bytes, 3, 3, 1);
  expect(query.capacity).toBe(0);
});
