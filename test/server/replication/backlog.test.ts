import { expect, test } from 'vitest';
import { encodeRequest } from '../../../src/server/resp/request-encoder.js';
import { Backlog } from '../../../src/server/replication/backlog.js';

/** Returns its content from an offset on. */
function read(backlog: Backlog, offset: number): string {
  let bytes = '';
  for (let block = backlog.find(offset); block !== null; block = block.next) {
    bytes += block.buffer.latin1Slice(Math.max(0, offset - block.start), block.used);
  }
  return bytes;
}

const nobody = (): boolean => false;

/** Requests of different lengths. */
const requestOf = (i: number): string[] => ['SET', `key:${i}`, 'v'.repeat(i % 40)];

test('bytes are found by their offsets, across blocks', () => {
  const backlog = new Backlog(1);
  let all = '';
  for (let i = 0; i < 5000; i++) {
    const argv = requestOf(i);
    all += encodeRequest(argv);
    backlog.append(argv);
    expect(backlog.end).toBe(all.length + 1);
  }
  expect([backlog.firstOffset, backlog.end, backlog.length]).toEqual([1, all.length + 1, all.length]);
  for (const offset of [1, 2, 16_384, 16_385, 16_386, 40_000, all.length, all.length + 1]) expect(read(backlog, offset)).toBe(all.slice(offset - 1));
  expect([backlog.find(0), backlog.find(all.length + 2)]).toEqual([null, null]);
});

test('all 256 values of a byte are kept, and strings longer than a block', () => {
  const backlog = new Backlog(100);
  const values = String.fromCharCode(...Array.from({ length: 256 }, (_, byte) => byte));
  const long = values.repeat(1000);
  backlog.append([values, '', long]);
  backlog.append(['end']);
  backlog.appendBytes(Buffer.from('bytes'));
  expect(read(backlog, 100)).toBe(`${encodeRequest([values, '', long])}${encodeRequest(['end'])}bytes`);
});

test('the oldest blocks are dropped, but never so that less than the size is left', () => {
  const backlog = new Backlog(1);
  for (let i = 0; i < 100; i++) backlog.appendBytes(Buffer.alloc(1000));
  backlog.trim(20_000, nobody);
  expect(backlog.length).toBeGreaterThanOrEqual(20_000);
  expect(backlog.length).toBeLessThan(20_000 + 2 * 16_384);
  expect(backlog.end).toBe(100_001);
  expect(backlog.find(1)).toBe(null);
  backlog.trim(1, nobody);
  expect(backlog.length).toBeGreaterThanOrEqual(1);
  expect(backlog.capacity).toBeLessThanOrEqual(2 * 16_384);
});

test('what a slow replica has not been sent is kept', () => {
  const backlog = new Backlog(1);
  for (let i = 0; i < 100; i++) backlog.appendBytes(Buffer.alloc(1000));
  const next = 30_000;
  backlog.trim(1000, (offset) => next < offset);
  expect(backlog.firstOffset).toBeLessThanOrEqual(next);
  expect(backlog.firstOffset).toBeGreaterThan(1);
});

test('it is restored with the same blocks', () => {
  const backlog = new Backlog(1);
  for (const text of ['a'.repeat(10_000), 'b'.repeat(10_000), 'c'.repeat(50_000), 'd']) backlog.append([text]);
  backlog.trim(1000, nobody);
  const copy = Backlog.restore(structuredClone(backlog.capture()));
  expect(copy.capture()).toEqual(backlog.capture());
  expect([copy.firstOffset, copy.end, copy.capacity]).toEqual([backlog.firstOffset, backlog.end, backlog.capacity]);
  copy.append(['more']);
  backlog.append(['more']);
  expect(read(copy, copy.firstOffset)).toBe(read(backlog, backlog.firstOffset));
});

test('a dropped block is used again, and what is kept stays as it is', () => {
  const backlog = new Backlog(1);
  let all = '';
  for (let i = 0; i < 5000; i++) {
    const argv = requestOf(i);
    all += encodeRequest(argv);
    backlog.append(argv);
    backlog.trim(40_000, nobody);
    if (i % 100 === 0) expect(read(backlog, backlog.firstOffset)).toBe(all.slice(backlog.firstOffset - 1));
  }
  expect(backlog.firstOffset).toBeGreaterThan(100_000);
  expect(read(backlog, backlog.firstOffset)).toBe(all.slice(backlog.firstOffset - 1));
});
