import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_DEPTH, ReplyDecoder } from '../../../src/server/resp/reply-decoder.js';
import { ReplyReader } from '../../../src/server/resp/reply-reader.js';
import { Attribute, BigNumber, BulkError, Double, ErrorReply, MapReply, NULL_ARRAY, Push, type Reply, SetReply, SimpleString, Verbatim } from '../../../src/server/resp/reply.js';
import { INCOMPLETE } from '../../../src/server/resp/request-decoder.js';
import { allSplits, decodeInPieces, type Decoded } from './splits.js';

function decode(text: string, cuts: readonly number[] = []): Decoded<Reply> {
  const decoder = new ReplyDecoder();
  return decodeInPieces(decoder, () => decoder.reply, Buffer.from(text, 'latin1'), cuts);
}

const simple = (text: string): SimpleString => new SimpleString(text);

const REPLIES: readonly (readonly [text: string, ...values: Reply[]])[] = [
  ['+OK\r\n', simple('OK')],
  ['+\r\n', simple('')],
  ['-ERR no\r\n', new ErrorReply('ERR no')],
  [':0\r\n:-1\r\n:+5\r\n:-0\r\n', 0, -1, 5, 0],
  [':9007199254740991\r\n', 9007199254740991],
  [':9007199254740993\r\n', 9007199254740993n],
  [':-9223372036854775808\r\n', -(2n ** 63n)],
  ['$0\r\n\r\n', ''],
  ['$5\r\na\r\n\0\xff\r\n', 'a\r\n\0\xff'],
  ['$-1\r\n', null],
  ['*-1\r\n', NULL_ARRAY],
  ['*0\r\n', []],
  ['*3\r\n:1\r\n$1\r\nx\r\n*1\r\n+y\r\n', [1, 'x', [simple('y')]]],
  ['*2\r\n*0\r\n*1\r\n*0\r\n', [[], [[]]]],
  ['+a\r\n:1\r\n$-1\r\n', simple('a'), 1, null],
  ['_\r\n', null],
  ['#t\r\n#f\r\n', true, false],
  [',1.5\r\n,-0\r\n,10\r\n,1e5\r\n,1.\r\n,.5\r\n,-1.5E-3\r\n', ...[1.5, -0, 10, 1e5, 1, 0.5, -0.0015].map((value) => new Double(value))],
  [',inf\r\n,-inf\r\n,nan\r\n,-nan\r\n', new Double(Infinity), new Double(-Infinity), new Double(NaN), new Double(NaN)],
  ['(3492890328409238509324850943850943825024385\r\n(-1\r\n', new BigNumber('3492890328409238509324850943850943825024385'), new BigNumber('-1')],
  ['!9\r\nERR a\r\nb!\r\n', new BulkError('ERR a\r\nb!')],
  ['=15\r\ntxt:Some string\r\n', new Verbatim('Some string', 'txt')],
  ['=4\r\nmkd:\r\n', new Verbatim('', 'mkd')],
  ['%2\r\n+a\r\n:1\r\n+b\r\n*1\r\n_\r\n', new MapReply([simple('a'), 1, simple('b'), [null]])],
  ['%0\r\n~0\r\n>0\r\n', new MapReply([]), new SetReply([]), new Push([])],
  ['~2\r\n:1\r\n#t\r\n', new SetReply([1, true])],
  ['>2\r\n+message\r\n$1\r\nx\r\n:1\r\n', new Push([simple('message'), 'x']), 1],
  ['|1\r\n+ttl\r\n:3600\r\n$1\r\nv\r\n', new Attribute([simple('ttl'), 3600], 'v')],
  ['|0\r\n:1\r\n', new Attribute([], 1)],
  ['|1\r\n+k\r\n%1\r\n:1\r\n:2\r\n*2\r\n:1\r\n|1\r\n+n\r\n:0\r\n:2\r\n', new Attribute([simple('k'), new MapReply([1, 2])], [1, new Attribute([simple('n'), 0], 2)])],
  ['|1\r\n+a\r\n:1\r\n|1\r\n+b\r\n:2\r\n+x\r\n', new Attribute([simple('a'), 1], new Attribute([simple('b'), 2], simple('x')))],
  ['$?\r\n;4\r\nHell\r\n;5\r\no wor\r\n;1\r\nd\r\n;0\r\n', 'Hello word'],
  ['$?\r\n;0\r\n', ''],
  ['*2\r\n$?\r\n;1\r\n\r\r\n;0\r\n:1\r\n', ['\r', 1]],
  ['*?\r\n:1\r\n:2\r\n.\r\n', [1, 2]],
  ['*?\r\n.\r\n', []],
  ['%?\r\n+a\r\n:1\r\n.\r\n~?\r\n:1\r\n.\r\n', new MapReply([simple('a'), 1]), new SetReply([1])],
  ['*?\r\n*?\r\n.\r\n*1\r\n~?\r\n.\r\n.\r\n', [[], [new SetReply([])]]],
  ['|?\r\n+a\r\n:1\r\n.\r\n:7\r\n', new Attribute([simple('a'), 1], 7)],
  ['*?\r\n|1\r\n+a\r\n:1\r\n:7\r\n.\r\n', [new Attribute([simple('a'), 1], 7)]],
];

const BROKEN_REPLIES: readonly (readonly [text: string, error: string, ...before: Reply[]])[] = [
  [':1\r\nx\r\n', 'no reply begins with byte 0x78', 1],
  ['\r\n', 'no reply begins with byte 0x0d'],
  ['+a\n', 'a line feed without a carriage return'],
  ['+a\rb\r\n', 'a carriage return without a line feed'],
  [':\r\n', 'invalid integer'],
  [':1.5\r\n', 'invalid integer'],
  [': 1\r\n', 'invalid integer'],
  [':9223372036854775808\r\n', 'invalid integer'],
  [':123456789012345678901\r\n', 'invalid integer'],
  ['$-2\r\n', 'invalid bulk length'],
  ['$x\r\n', 'invalid bulk length'],
  ['$\r\n', 'invalid bulk length'],
  ['$536870889\r\n', 'invalid bulk length'],
  ['$1\r\nab\r\n', 'a bulk string does not end where it says'],
  ['*-2\r\n', 'invalid aggregate length'],
  ['%-1\r\n', 'invalid aggregate length'],
  ['*9999999999999999\r\n', 'invalid aggregate length'],
  ['_x\r\n', 'invalid null'],
  ['#x\r\n', 'invalid boolean'],
  [',\r\n', 'invalid double'],
  [',1e\r\n', 'invalid double'],
  [',0x10\r\n', 'invalid double'],
  ['(1.5\r\n', 'invalid big number'],
  ['=3\r\ntxt\r\n', 'invalid verbatim string'],
  ['=5\r\ntext:\r\n', 'invalid verbatim string'],
  ['!-1\r\n', 'invalid bulk length'],
  ['.\r\n', 'an end without a streamed aggregate'],
  ['*1\r\n.\r\n', 'an end without a streamed aggregate'],
  ['*?\r\n.x\r\n', 'an end without a streamed aggregate'],
  ['|?\r\n.\r\n.\r\n', 'an end without a streamed aggregate'],
  ['%?\r\n:1\r\n.\r\n', 'a key without a value'],
  ['$?\r\n:1\r\n', 'a streamed string goes on with a chunk'],
  [';1\r\nx\r\n', 'no reply begins with byte 0x3b'],
];

describe('the reply decoder', () => {
  test.each(REPLIES.map(([text, ...values]) => ({ text, values })))('decodes $text', ({ text, values }) => {
    expect(decode(text)).toEqual({ values, error: null });
    for (const cuts of allSplits(text.length)) expect(decode(text, cuts), String(cuts)).toEqual({ values, error: null });
  });

  test.each(BROKEN_REPLIES.map(([text, error, ...values]) => ({ text, error, values })))('refuses $text: $error', ({ text, error, values }) => {
    expect(decode(text)).toEqual({ values, error });
    for (const cuts of allSplits(text.length)) expect(decode(text, cuts), String(cuts)).toEqual({ values, error });
  });

  test.each(REPLIES.map(([text]) => text))('waits for the last byte of %j', (text) => {
    const all = decode(text).values.length;
    expect(decode(text.slice(0, -1)).values.length).toBe(all - 1);
  });

  test('refuses what is nested too deeply, of every kind, without a stack overflow', () => {
    for (const opening of ['*1\r\n', '%1\r\n:1\r\n', '~?\r\n', '>1\r\n', '|0\r\n', '|1\r\n']) {
      expect(decode(opening.repeat(MAX_DEPTH)).error, opening).toBe(null);
      expect(decode(opening.repeat(MAX_DEPTH + 1)).error, opening).toBe('nested too deeply');
      expect(decode(opening.repeat(100_000)).error, opening).toBe('nested too deeply');
    }
  });

  test('allocates nothing for a length that is only claimed', () => {
    const before = process.memoryUsage();
    const readers = Array.from({ length: 1000 }, (_, i) => {
      const reader = new ReplyReader();
      reader.read(Buffer.from(['*999999999999999\r\n:1\r\n', '$536870888\r\nabc', '%999999999999999\r\n+x'][i % 3]!), () => expect.fail('there is no whole reply'));
      return reader;
    });
    const after = process.memoryUsage();
    expect(readers.every((reader) => reader.error === null)).toBe(true);
    expect(after.heapTotal + after.arrayBuffers - before.heapTotal - before.arrayBuffers).toBeLessThan(128 * 1024 * 1024);
  });

  test('reports how much of a bulk string is missing', () => {
    const decoder = new ReplyDecoder();
    decoder.feed(Buffer.from('$10\r\nabc'), 0, 8);
    expect(decoder.next()).toBe(INCOMPLETE);
    expect(decoder.missing).toBe(9);
  });

  test('takes lines up to a megabyte', () => {
    const line = 'x'.repeat(1024 * 1024 - 1);
    for (const cuts of [[], [1024 * 1024], [1024 * 1024 + 1]]) {
      expect(decode(`+${line}\r\n`, cuts)).toEqual({ values: [simple(line)], error: null });
      expect(decode(`+${line}x\r\n`, cuts).error).toBe('a line is too long');
    }
  });
});

const piece = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('*', '$', '%', '~', '>', '|', '=', '!', ':', ',', '(', '#t', '_', '+', '-', '.', ';', '?', '1', '2', '0', '\r\n', '\r\n', '\r\n', '\r', '\n', 'inf', 'txt:', 'x') },
  { weight: 4, arbitrary: fc.constantFrom(...REPLIES.map(([text]) => text)) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 255 }).map((byte) => String.fromCharCode(byte)) },
);
const bytes = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(''));

describe('any bytes', () => {
  test('at any split agree with the whole, and never throw', () => {
    fc.assert(
      fc.property(bytes, fc.array(fc.nat(200), { maxLength: 12 }), (text, positions) => {
        const cuts = [...new Set(positions.filter((cut) => cut > 0 && cut < text.length))].sort((a, b) => a - b);
        expect(decode(text, cuts)).toEqual(decode(text));
      }),
      { numRuns: 5000 },
    );
  });

  test('read in chunks give what they give in one', () => {
    const read = (chunks: readonly string[]): unknown => {
      const reader = new ReplyReader();
      const replies: Reply[] = [];
      for (const chunk of chunks) reader.read(Buffer.from(chunk, 'latin1'), (reply) => replies.push(reply));
      return { replies, error: reader.error };
    };
    fc.assert(fc.property(fc.array(bytes, { maxLength: 6 }), (chunks) => void expect(read(chunks)).toEqual(read([chunks.join('')]))), { numRuns: 2000 });
  });
});
