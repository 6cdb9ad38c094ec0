import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ByteSink, encode, encodePair, type RespVersion } from '../../../src/server/resp/encoder.js';
import { ReplyDecoder } from '../../../src/server/resp/reply-decoder.js';
import { Attribute, BigNumber, BulkError, Double, ErrorReply, mapReply, MapReply, NO_REPLY, NULL_ARRAY, OK, Push, type Reply, SetReply, SimpleString, Verbatim, Versioned } from '../../../src/server/resp/reply.js';
import { formatDouble } from '../../../src/server/resp/double.js';
import { OutputBuffer } from '../../../src/server/client/output-buffer.js';
import { decodeInPieces } from './splits.js';

/** Grows in the smallest possible steps, so that every reserve is tested. */
class TightSink implements ByteSink {
  buffer = Buffer.alloc(0);
  position = 0;
  reserve(bytes: number): void {
    if (this.position + bytes <= this.buffer.length) return;
    this.buffer = Buffer.concat([this.buffer.subarray(0, this.position), Buffer.alloc(bytes)]);
  }
  get text(): string {
    return this.buffer.latin1Slice(0, this.position);
  }
}

function encoded(reply: Reply, version: RespVersion): string {
  const sink = new TightSink();
  encode(sink, reply, version);
  return sink.text;
}

const LONG = 'x'.repeat(100);

test.each<[name: string, reply: Reply, resp2: string, resp3: string]>([
  ['a bulk string', 'a\r\n\0\xff', '$5\r\na\r\n\0\xff\r\n', '$5\r\na\r\n\0\xff\r\n'],
  ['an empty string', '', '$0\r\n\r\n', '$0\r\n\r\n'],
  ['a long string', LONG, `$100\r\n${LONG}\r\n`, `$100\r\n${LONG}\r\n`],
  ['zero', 0, ':0\r\n', ':0\r\n'],
  ['minus zero', -0, ':0\r\n', ':0\r\n'],
  ['a bigint', 2n ** 63n - 1n, ':9223372036854775807\r\n', ':9223372036854775807\r\n'],
  ['true', true, ':1\r\n', '#t\r\n'],
  ['false', false, ':0\r\n', '#f\r\n'],
  ['nil', null, '$-1\r\n', '_\r\n'],
  ['the nil of arrays', NULL_ARRAY, '*-1\r\n', '_\r\n'],
  ['an empty array', [], '*0\r\n', '*0\r\n'],
  ['an array', [1, 'a', [null, OK]], '*3\r\n:1\r\n$1\r\na\r\n*2\r\n$-1\r\n+OK\r\n', '*3\r\n:1\r\n$1\r\na\r\n*2\r\n_\r\n+OK\r\n'],
  ['a status', OK, '+OK\r\n', '+OK\r\n'],
  ['an error', new ErrorReply('ERR no'), '-ERR no\r\n', '-ERR no\r\n'],
  ['an error with a line break', new ErrorReply("ERR unknown 'a\r\n+OK'"), "-ERR unknown 'a  +OK'\r\n", "-ERR unknown 'a  +OK'\r\n"],
  ['an error of several lines', new BulkError('ERR a\r\nb'), '-ERR a  b\r\n', '!8\r\nERR a\r\nb\r\n'],
  ['a double', new Double(1.5), '$3\r\n1.5\r\n', ',1.5\r\n'],
  ['a whole double', new Double(-3), '$2\r\n-3\r\n', ',-3\r\n'],
  ['a double that is zero', new Double(0), '$1\r\n0\r\n', ',0\r\n'],
  ['a double that is minus zero', new Double(-0), '$2\r\n-0\r\n', ',-0\r\n'],
  ['infinity', new Double(Infinity), '$3\r\ninf\r\n', ',inf\r\n'],
  ['minus infinity', new Double(-Infinity), '$4\r\n-inf\r\n', ',-inf\r\n'],
  ['not a number', new Double(NaN), '$3\r\nnan\r\n', ',nan\r\n'],
  ['a map', mapReply({ a: 1, b: null }), '*4\r\n$1\r\na\r\n:1\r\n$1\r\nb\r\n$-1\r\n', '%2\r\n$1\r\na\r\n:1\r\n$1\r\nb\r\n_\r\n'],
  ['a set', new SetReply(['a']), '*1\r\n$1\r\na\r\n', '~1\r\n$1\r\na\r\n'],
  ['a push', new Push(['message', 'x']), '*2\r\n$7\r\nmessage\r\n$1\r\nx\r\n', '>2\r\n$7\r\nmessage\r\n$1\r\nx\r\n'],
  ['a verbatim string', new Verbatim('a\r\nb'), '$4\r\na\r\nb\r\n', '=8\r\ntxt:a\r\nb\r\n'],
  ['a big number', new BigNumber('12345678901234567890'), '$20\r\n12345678901234567890\r\n', '(12345678901234567890\r\n'],
  ['an attribute', new Attribute(['ttl', 5], [1]), '*1\r\n:1\r\n', '|1\r\n$3\r\nttl\r\n:5\r\n*1\r\n:1\r\n'],
  ['a double with a text of its own', new Double(1.5, '1.50'), '$4\r\n1.50\r\n', ',1.50\r\n'],
  ['a reply from before HELLO 3', [new Versioned(null, 2), null], '*2\r\n$-1\r\n$-1\r\n', '*2\r\n$-1\r\n_\r\n'],
  ['no reply', NO_REPLY, '', ''],
])('%s in both versions', (_name, reply, resp2, resp3) => {
  expect(encoded(reply, 2)).toBe(resp2);
  expect(encoded(reply, 3)).toBe(resp3);
});

test('integers of every length, of both signs', () => {
  const edges = Array.from({ length: 16 }, (_, digits) => 10 ** digits);
  for (const edge of [...edges, 2 ** 31, 2 ** 32, 2 ** 53 - 1]) {
    for (const value of [edge - 1, edge, edge + 1, -edge, 1 - edge].filter(Number.isSafeInteger)) {
      expect(encoded(value, 2)).toBe(`:${value}\r\n`);
      expect(encoded(new Double(value), 2)).toBe(`$${String(value).length}\r\n${value}\r\n`);
      expect(encoded(new Double(value), 3)).toBe(`,${value}\r\n`);
    }
  }
});

test('multiples of 1/8, of every length and both signs, as formatDouble prints them', () => {
  const wholes = [0, ...Array.from({ length: 10 }, (_, digits) => 10 ** digits), 123_456_789, 2 ** 28 - 1, 2 ** 28, 2 ** 31];
  for (const whole of wholes) {
    for (let eighth = -8; eighth <= 8; eighth++) {
      for (const value of [whole + eighth / 8, -whole + eighth / 8, whole + eighth / 16].filter((one) => one !== 0)) {
        const text = formatDouble(value);
        expect(text).toBe(String(value));
        expect(encoded(new Double(value), 2)).toBe(`$${text.length}\r\n${text}\r\n`);
        expect(encoded(new Double(value), 3)).toBe(`,${text}\r\n`);
      }
    }
  }
});

test('pairs of integers of every length', () => {
  const edges = [...Array.from({ length: 16 }, (_, digits) => 10 ** digits), 2 ** 31, 2 ** 32, 2 ** 53 - 1].flatMap((edge) => [edge - 1, edge]);
  for (const [at, edge] of edges.entries()) {
    const sink = new TightSink();
    const other = edges[(at * 7) % edges.length]!;
    encodePair(sink, edge, other);
    expect(sink.text).toBe(`$${`${edge}-${other}`.length}\r\n${edge}-${other}\r\n`);
  }
});

const byteString = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
const line = byteString.map((text) => text.replace(/[\r\n]/g, '.'));
const { reply: anyReply } = fc.letrec<{ reply: Reply; items: Reply[]; flat: Reply[] }>((tie) => ({
  reply: fc.oneof(
    { depthSize: 'small' },
    byteString,
    fc.maxSafeInteger(),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).filter((value) => !Number.isSafeInteger(Number(value))),
    fc.boolean(),
    fc.constant(null),
    line.map((text) => new SimpleString(text)),
    line.map((text) => new ErrorReply(text)),
    byteString.map((text) => new BulkError(text)),
    fc.double().map((value) => new Double(value)),
    byteString.map((text) => new Verbatim(text, 'mkd')),
    fc.bigInt().map((value) => new BigNumber(String(value))),
    tie('items'),
    tie('flat').map((flat) => new MapReply(flat)),
    tie('items').map((members) => new SetReply(members)),
    tie('items').map((items) => new Push(items)),
    fc.tuple(tie('flat'), tie('reply')).map(([flat, reply]) => new Attribute(flat, reply)),
  ),
  items: fc.array(tie('reply'), { maxLength: 5 }),
  flat: fc.array(fc.tuple(tie('reply'), tie('reply')), { maxLength: 3 }).map((pairs) => pairs.flat()),
}));

/** What a RESP2 client gets for a reply. */
function inResp2(reply: Reply): Reply {
  if (typeof reply === 'boolean') return reply ? 1 : 0;
  if (typeof reply !== 'object' || reply === null) return reply;
  if (Array.isArray(reply)) return reply.map(inResp2);
  if (!('type' in reply)) throw new Error('no reply');
  switch (reply.type) {
    case 'bulk-error':
      return new ErrorReply(reply.text.replace(/[\r\n]/g, ' '));
    case 'double':
      return formatDouble(reply.value);
    case 'map':
      return reply.flat.map(inResp2);
    case 'set':
      return reply.members.map(inResp2);
    case 'push':
      return reply.items.map(inResp2);
    case 'verbatim':
      return reply.text;
    case 'bignumber':
      return reply.digits;
    case 'attribute':
      return inResp2(reply.reply);
    default:
      return reply;
  }
}

describe('any replies', () => {
  const roundTrip = (replies: readonly Reply[], version: RespVersion, cuts: readonly number[]): unknown => {
    const sink = new TightSink();
    for (const reply of replies) encode(sink, reply, version);
    const decoder = new ReplyDecoder();
    return decodeInPieces(decoder, () => decoder.reply, sink.buffer.subarray(0, sink.position), cuts.filter((cut) => cut > 0 && cut < sink.position));
  };

  test('are decoded unchanged from RESP3', () => {
    fc.assert(fc.property(fc.array(anyReply, { maxLength: 4 }), fc.nat(500), (replies, cut) => void expect(roundTrip(replies, 3, [cut])).toEqual({ values: replies, error: null })));
  });

  test('are decoded from RESP2 in its form', () => {
    fc.assert(fc.property(fc.array(anyReply, { maxLength: 4 }), fc.nat(500), (replies, cut) => void expect(roundTrip(replies, 2, [cut])).toEqual({ values: replies.map(inResp2), error: null })));
  });
});

test('an array is written as its items are one by one, in the same chunks', () => {
  const texts = Array.from({ length: 20_000 }, (_, i) => (i % 97 === 0 ? null : String.fromCharCode(i & 0xff).repeat((i * 7) % 41)));
  const whole = new OutputBuffer();
  encode(whole, texts, 2);
  const parts = new OutputBuffer();
  // A status has the same number of bytes as the header of an array.
  encode(parts, new SimpleString('20000'), 2);
  for (const text of texts) encode(parts, text, 2);
  expect(chunksOf(whole)).toEqual(chunksOf(parts));
  expect(whole.extraChunks).toBeGreaterThan(3);
});

function chunksOf(output: OutputBuffer): string[] {
  return output.capture()!.chunks.map(({ bytes }) => Buffer.from(bytes).latin1Slice().replace(/^[+*]/, ''));
}
