import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ownHeap } from '../../../src/server/measuring/heap-watch.js';
import { encodeRequest } from '../../../src/server/resp/request-encoder.js';
import { COMPLETE, INCOMPLETE, RequestDecoder } from '../../../src/server/resp/request-decoder.js';
import { allSplits, decodeInPieces, type Decoded } from './splits.js';

function decode(text: string, cuts: readonly number[] = [], prepare: (decoder: RequestDecoder) => void = () => {}): Decoded<string[]> {
  const decoder = new RequestDecoder();
  prepare(decoder);
  return decodeInPieces(decoder, () => decoder.argv, Buffer.from(text, 'latin1'), cuts);
}

const whole = (...values: string[][]): Decoded<string[]> => ({ values, error: null });
const broken = (error: string, ...values: string[][]): Decoded<string[]> => ({ values, error });

// Every result here was given by redis-server 7.0.15; test/conformance/transcripts/protocol.txt compares them again.
const CASES: readonly (readonly [text: string, result: Decoded<string[]>])[] = [
  ['*1\r\n$4\r\nPING\r\n', whole(['PING'])],
  ['*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$2\r\n\r\n\r\n*1\r\n$4\r\nQUIT\r\n', whole(['SET', 'k', '\r\n'], ['QUIT'])],
  ['*2\r\n$4\r\nECHO\r\n$3\r\n\0\xff\n\r\n', whole(['ECHO', '\0\xff\n'])],
  ['*1\r\n$0\r\n\r\n', whole([''])],
  ['*-1\r\nPING\r\n', whole(['PING'])],
  ['*0\r\nPING\r\n', whole(['PING'])],
  ['\r\n\n  \r\nPING\r\n', whole(['PING'])],
  ['*-2147483649\r\nPING\r\n', whole(['PING'])],
  ['*-9223372036854775808\r\nPING\r\n', whole(['PING'])],
  ['*-9223372036854775809\r\nPING\r\n', broken('invalid multibulk length')],
  ['*-1000000000000000000000\r\nPING\r\n', broken('invalid multibulk length')],
  ['*2147483648\r\n', broken('invalid multibulk length')],
  ['*2147483647\r\n$1\r\nx\r\n', whole()],
  ['*01\r\n', broken('invalid multibulk length')],
  ['*+1\r\n', broken('invalid multibulk length')],
  ['*-0\r\n', broken('invalid multibulk length')],
  ['*-01\r\n', broken('invalid multibulk length')],
  ['*1 \r\n', broken('invalid multibulk length')],
  ['*\r\n', broken('invalid multibulk length')],
  ['*-\r\n', broken('invalid multibulk length')],
  ['*99999999999999999999\r\n', broken('invalid multibulk length')],
  ['PING\r\n*x\r\n', broken('invalid multibulk length', ['PING'])],
  ['*1xx$4\r\nPING\r\n', broken('invalid multibulk length')],
  ['*1\r\n$04\r\n', broken('invalid bulk length')],
  ['*1\r\n$+4\r\n', broken('invalid bulk length')],
  ['*1\r\n$-1\r\n', broken('invalid bulk length')],
  ['*1\r\n$-0\r\n', broken('invalid bulk length')],
  ['*1\r\n$\r\n', broken('invalid bulk length')],
  ['*1\r\n$536870913\r\n', broken('invalid bulk length')],
  ['*1\r\n$4\n\r\n', broken('invalid bulk length')],
  ['*1\r\nx4\r\n', broken("expected '$', got 'x'")],
  ['*1\r\n\xff\r\n', broken("expected '$', got '\xff'")],
  ['*1\r\n\r\n', broken("expected '$', got ' '")],
  ['*1\r\n\n\r\n', broken("expected '$', got ' '")],
  ['*2\r\n$1\r\na\r\n*1\r\n', broken("expected '$', got '*'")],
  // The two bytes after an argument are skipped, whatever they are.
  ['*1\r\n$4\r\nPINGxxPING\r\n', whole(['PING'], ['PING'])],
  // A NUL hides the end of its line: the connection waits.
  ['*1\r\n\0\r\nPING\r\n', whole()],
  ['*1\0\r\n$4\r\nPING\r\n', whole()],
  ['*1\r\n$4\0\r\nPING\r\n', whole()],
  ['PI\0NG\r\nPING\r\n', whole()],
  ['PING\0\r\n', whole()],
  ['PING\r\n\0PING\r\n', whole(['PING'])],
  ['PING\n', whole(['PING'])],
  ['PING\r', whole()],
  ['PING', whole()],
  ['$4\r\nPING\r\n', whole(['$4'], ['PING'])],
  ["PING 'a\r\n", broken('unbalanced quotes in request')],
  ['PING "a"b\r\n', broken('unbalanced quotes in request')],
];

describe('the request decoder', () => {
  test.each(CASES)('decodes %j, whole', (text, result) => {
    expect(decode(text)).toEqual(result);
  });

  test.each(CASES)('decodes %j, cut anywhere', (text, result) => {
    for (const cuts of allSplits(text.length)) expect(decode(text, cuts), String(cuts)).toEqual(result);
  });

  test.each([
    ['*11\r\n', 'unauthenticated multibulk length'],
    ['*1\r\n$16385\r\n', 'unauthenticated bulk length'],
    ['*2147483648\r\n', 'invalid multibulk length'],
    ['*1\r\n$536870913\r\n', 'invalid bulk length'],
  ])('refuses %j of a stranger', (text, error) => {
    expect(decode(text, [], (decoder) => (decoder.authenticated = false))).toEqual(broken(error));
  });

  test('accepts only small requests before authentication', () => {
    const request = encodeRequest(['AUTH', 'x'.repeat(16384), ...Array<string>(8).fill('')]);
    expect(decode(request, [], (decoder) => (decoder.authenticated = false)).values).toHaveLength(1);
  });

  test('obeys proto-max-bulk-len', () => {
    const atLimit = encodeRequest(['x'.repeat(100)]);
    expect(decode(atLimit, [], (decoder) => (decoder.maxBulkLength = 100)).error).toBe(null);
    expect(decode(atLimit, [], (decoder) => (decoder.maxBulkLength = 99)).error).toBe('invalid bulk length');
  });

  test('refuses an argument that no string can hold, whatever the limit', () => {
    expect(decode('*1\r\n$536870889\r\n', [], (decoder) => (decoder.maxBulkLength = 2 ** 40)).error).toBe('invalid bulk length');
    expect(decode('*1\r\n$536870888\r\n').error).toBe(null);
  });

  const LIMIT = 64 * 1024;
  test.each([
    ['too big inline request', '', 'x', 0],
    ['too big mbulk count string', '*', '1', 0],
    ['too big bulk count string', '$', '1', 4],
    ['too big inline request', '\0', '\n', 0],
    ['too big mbulk count string', '*\0\r\n', '1', 0],
    ['too big bulk count string', 'x\0\r\n', '1', 4],
  ])('says %s once more than 64 KB of a line have come', (error, start, fill, prefix) => {
    const text = `${prefix === 0 ? '' : '*1\r\n'}${start}`;
    const atLimit = text + fill.repeat(LIMIT + prefix - text.length);
    expect(decode(atLimit)).toEqual(whole());
    expect(decode(`${atLimit}${fill}`)).toEqual(broken(error));
    expect(decode(`${atLimit}${fill}`, [LIMIT - 1, LIMIT, LIMIT + 1])).toEqual(broken(error));
  });

  test('refuses a long line by its length, in whatever chunks it arrives', () => {
    const words = (length: number): string => `${'x'.repeat(length)}\n`;
    for (const cuts of [[], [LIMIT], [LIMIT + 1], [10, LIMIT]]) {
      expect(decode(words(LIMIT), cuts).error).toBe(null);
      expect(decode(words(LIMIT + 1), cuts).error).toBe('too big inline request');
      expect(decode(`*${'1'.repeat(LIMIT - 1)}\r\n`, cuts).error).toBe('invalid multibulk length');
      expect(decode(`*${'1'.repeat(LIMIT)}\r\n`, cuts).error).toBe('too big mbulk count string');
    }
  });

  test('allocates nothing for a count or a length that is only claimed', () => {
    const before = process.memoryUsage();
    const decoders = Array.from({ length: 1000 }, () => {
      const decoder = new RequestDecoder();
      const bytes = Buffer.from('*2147483647\r\n$536870888\r\nabc');
      decoder.feed(bytes, 0, bytes.length);
      expect(decoder.next()).toBe(INCOMPLETE);
      return decoder;
    });
    const after = process.memoryUsage();
    expect(decoders[0]!.missing).toBe(536870888 + 2 - 3);
    expect(after.heapTotal + after.external - before.heapTotal - before.external).toBeLessThan(64 * 1024 * 1024);
  });

  test('counts the bytes of a request across chunks', () => {
    const text = encodeRequest(['SET', 'key', 'value']);
    const decoder = new RequestDecoder();
    const sizes: number[] = [];
    decodeInPieces(decoder, () => sizes.push(decoder.requestBytes), Buffer.from(text + text + text), [20, 50, 51, 80]);
    expect(sizes).toEqual([text.length, text.length, text.length]);
  });
});

const piece = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('*1\r\n', '*2\r\n', '$1\r\n', '$3\r\n', '\r\n', '\n', '\r', '*', '$', '-', '0', '1', '9', '"', "'", '\\', '\\x4', ' ', '\0', 'PING', '*3\r\n$3\r\nSET\r\n') },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 255 }).map((byte) => String.fromCharCode(byte)) },
  { weight: 2, arbitrary: fc.array(fc.string({ unit: 'binary-ascii' }), { minLength: 1, maxLength: 4 }).map(encodeRequest) },
);

describe('known keys', () => {
  const KNOWN = ['key:000001', 'key:000002', 'key:000003', 'a key with \xff in it'];

  /** Returns which arguments were looked up, and for which of them a string was made. */
  function observed(): { prepare(decoder: RequestDecoder): void; readonly asked: string[]; readonly made: string[] } {
    const asked: string[] = [];
    const made: string[] = [];
    const keys = {
      wasInterned: false,
      hasCollections: false,
      membersOf: () => null,
      intern(bytes: Buffer, start: number, length: number): string {
        const key = bytes.latin1Slice(start, start + length);
        asked.push(key);
        this.wasInterned = KNOWN.includes(key);
        if (!this.wasInterned) made.push(key);
        return key;
      },
    };
    return { prepare: (decoder) => void (decoder.keys = keys), asked, made };
  }

  test.each([
    { request: ['GET', 'key:000001'], asked: ['key:000001'], made: [] },
    { request: ['GET', 'key:999999'], asked: ['key:999999'], made: ['key:999999'] },
    { request: ['SET', 'key:000001', 'a value of some length'], asked: ['key:000001'], made: [] },
    { request: ['MSET', 'key:000001', 'key:000003', 'key:000002', 'x'], asked: ['key:000001', 'key:000002'], made: [] },
    { request: ['MSET', 'key:999999', 'x', 'key:000002', 'x'], asked: ['key:999999'], made: ['key:999999'] },
    { request: ['HGETALL', 'h'.repeat(40)], asked: ['h'.repeat(40)], made: ['h'.repeat(40)] },
    { request: ['evalsha', 'e'.repeat(40), '1', 'key:000002'], asked: ['key:000002'], made: [] },
    { request: ['GET', 'short'], asked: [], made: [] },
    { request: ['GET', 'l'.repeat(65)], asked: [], made: [] },
  ])('$request: looked up as long as they are found', ({ request, asked, made }) => {
    const source = observed();
    expect(decode(encodeRequest(request), [], source.prepare)).toEqual(whole(request));
    expect(source).toMatchObject({ asked, made });
  });

  test('the SHA1 of a script is not looked up, whether it is repeated or not', () => {
    const [sha, other] = ['0123456789'.repeat(4), '0123456789'.repeat(3) + '012345678a'];
    const source = observed();
    const decoder = new RequestDecoder();
    source.prepare(decoder);
    const bytes = Buffer.from([sha, sha, other, sha].map((each) => encodeRequest(['EVALSHA', each, '1', 'key:000001'])).join(''), 'latin1');
    decoder.feed(bytes, 0, bytes.length);
    const decoded: string[] = [];
    while (decoder.position < bytes.length && decoder.next() === COMPLETE) decoded.push(...decoder.argv.slice(1));
    expect(decoded).toEqual([sha, sha, other, sha].flatMap((each) => [each, '1', 'key:000001']));
    expect(source).toMatchObject({ asked: Array(4).fill('key:000001'), made: [] });
  });

  test('do not change what is decoded, at any split', () => {
    const requests = [['EVALSHA', '0123456789'.repeat(4), '1', 'key:000001'], ['DEL', ...KNOWN], ['ECHO', 'no key at all'], ['MSET', 'key:000002', 'v', 'a key with \xff in it', 'v']];
    const text = requests.map(encodeRequest).join('');
    for (const cuts of allSplits(text.length)) expect(decode(text, cuts, observed().prepare)).toEqual(whole(...requests));
  });
});

describe('any bytes', () => {
  test('at any split agree with the whole, and never throw', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join('')), fc.array(fc.nat(300), { maxLength: 12 }), (text, positions) => {
        const cuts = [...new Set(positions.filter((cut) => cut > 0 && cut < text.length))].sort((a, b) => a - b);
        expect(decode(text, cuts)).toEqual(decode(text));
      }),
      { numRuns: 3000 },
    );
  });

  test('are decoded unchanged as arguments', () => {
    const word = fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
    fc.assert(
      fc.property(fc.array(fc.array(word, { minLength: 1, maxLength: 30 }), { maxLength: 5 }), fc.nat(400), (requests, cut) => {
        expect(decode(requests.map(encodeRequest).join(''), [cut].filter((at) => at < requests.map(encodeRequest).join('').length))).toEqual(whole(...requests));
      }),
    );
  });
});

test('words of an inline request keep nothing of the rest of their line in memory', () => {
  const heap = ownHeap(2 ** 30);
  const line = Buffer.from(`ECHO ${'w'.repeat(20)} "a ${'q'.repeat(20)}" ${'x'.repeat(60_000)}\r\n`);
  const kept: string[] = [];
  heap.collect();
  const before = heap.used();
  for (let i = 0; i < 500; i++) {
    const decoder = new RequestDecoder();
    decoder.feed(line, 0, line.length);
    decoder.next();
    kept.push(...decoder.argv.slice(1, 3));
  }
  heap.collect();
  expect(heap.used() - before).toBeLessThan(2 ** 20);
  expect(new Set(kept)).toEqual(new Set(['w'.repeat(20), `a ${'q'.repeat(20)}`]));
});
