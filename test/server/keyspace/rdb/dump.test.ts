import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { crc64 } from '../../../../src/server/keyspace/rdb/crc64.js';
import { isIntact, restore } from '../../../../src/server/keyspace/rdb/decoder.js';
import { dump as encode } from '../../../../src/server/keyspace/rdb/encoder.js';
import { elementBytes, ListpackWriter, readListpack } from '../../../../src/server/keyspace/rdb/listpack.js';
import { compress, decompress } from '../../../../src/server/keyspace/rdb/lzf.js';
import { readZiplist, readZipmap } from '../../../../src/server/keyspace/rdb/ziplist.js';
import { HashSeed } from '../../../../src/server/keyspace/hash.js';
import { HashValue } from '../../../../src/server/keyspace/types/hash.js';
import { List } from '../../../../src/server/keyspace/types/list.js';
import { SetValue } from '../../../../src/server/keyspace/types/set.js';
import { SortedSetValue } from '../../../../src/server/keyspace/types/sorted-set.js';
import { Group } from '../../../../src/server/keyspace/types/stream-group.js';
import { StreamValue } from '../../../../src/server/keyspace/types/stream.js';
import type { Value } from '../../../../src/server/keyspace/value.js';

const SEED = new HashSeed(1);
const LIMITS = {
  'set-max-intset-entries': 8,
  'hash-max-listpack-entries': 8,
  'hash-max-listpack-value': 64,
  'zset-max-listpack-entries': 8,
  'zset-max-listpack-value': 64,
};
const SETTINGS = { rdbcompression: true, 'list-max-listpack-size': -2 };
const dump = (value: Value, settings: typeof SETTINGS): string => encode(value, settings);
const FOOTER = '\x0a\x00';

const byteStrings = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).latin1Slice());
const texts = fc.oneof(byteStrings, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String), fc.integer({ min: -200, max: 5000 }).map(String), fc.nat(5000).map((length) => 'ab'.repeat(length)));

/** Returns a payload with a correct checksum, with any content. */
function sealed(value: string): string {
  return value + FOOTER + crc64(value + FOOTER);
}

function hex(text: string): string {
  return Buffer.from(text, 'latin1').toString('hex');
}

function filledStream(): StreamValue {
  const stream = new StreamValue();
  const limits = { 'stream-node-max-entries': 3, 'stream-node-max-bytes': 4096 };
  for (let ms = 1; ms <= 10; ms++) stream.append({ ms, seq: ms % 3 }, ms % 4 === 0 ? ['other', 'x', 'more', '7'] : ['f', `value ${ms}`], 0, limits);
  stream.delete({ ms: 5, seq: 2 });
  const group = new Group('g', { ms: 4, seq: 1 }, 4);
  stream.groups.set('g', group);
  group.addConsumer('idle', 5);
  group.addPending({ ms: 4, seq: 1 }, group.addConsumer('c', 1_000_000_000_000), 1_000_000_000_000, 3);
  return stream;
}

function samples(): [name: string, value: Value][] {
  const list = new List();
  const set = new SetValue(SEED);
  const integers = new SetValue(SEED);
  const hash = new HashValue(SEED);
  const bigHash = new HashValue(SEED);
  const sortedSet = new SortedSetValue(SEED);
  const bigSortedSet = new SortedSetValue(SEED);
  for (let i = 0; i < 20; i++) {
    list.pushTail('x'.repeat(i * 100));
    set.add(`member ${i}`, LIMITS);
    bigHash.set(`field ${i}`, String(i), LIMITS);
    bigSortedSet.add(`member ${i}`, i - 10.5, LIMITS);
  }
  for (const value of ['-5', '70000', '9007199254740993']) integers.add(value, LIMITS);
  hash.set('f', '', LIMITS);
  for (const [member, score] of [['a', -Infinity], ['b', 0.1], ['c', 1e300]] as const) sortedSet.add(member, score, LIMITS);
  return [['a small integer', 7], ['a large integer', Number.MAX_SAFE_INTEGER], ['text', 'text'], ['a long text', 'long '.repeat(100)], ['a list', list], ['a set', set],
    ['an intset', integers], ['a small hash', hash], ['a hash', bigHash], ['a small sorted set', sortedSet], ['a sorted set', bigSortedSet], ['a stream', filledStream()]];
}

describe('a value is restored unchanged', () => {
  test.each(samples())('%s', (_name, value) => {
    const payload = dump(value, SETTINGS);
    expect(isIntact(payload)).toBe(true);
    const back = restore(payload, LIMITS, SEED)!;
    // The dump of the restored value is the same.
    expect(hex(dump(back, SETTINGS))).toBe(hex(payload));
    expect(typeof back).toBe(typeof value);
  });
});

/** Replies of redis-server 7.0.15 to DUMP. */
const FROM_REDIS: readonly [name: string, payload: string][] = [
  ['the integer 5', '00c0050a00632f5f66832fb351'],
  ['a negative integer of 32 bits', '00c290eefeff0a002875de7b13eb2800'],
  ['a compressed string', '00c30e4050016161e01d000062e01c000162620a00acc0823949119dfb'],
  ['a list', '12010219190000000400816102ded402f4005ed0b200000000098001ff0a00981e24defde843d9'],
  ['an intset', '0b140400000003000000fbffffff01000000701101000a0086a0bbcf3a22ed25'],
  ['an intset whose widest integer was removed', '0b100400000002000000feffffff030000000a00261ce6b609f0d1e5'],
  ['an intset of 64 bits', '0bc318200408000000032003a0000080a007010001200303000020000a00e0d08f1419a2dc02'],
  ['a set', '020101610a006296e97e44d21a6d'],
  ['a hash', '10121200000004008166028176028167020c01ff0a00de133993f783817e'],
  ['a large hash', '04010166c3094041017676e034000176760a003d71be523786cf45'],
  ['a sorted set', '111d1d0000000600816302842d696e6605816102010181620283322e3504ff0a003992339be11f323d'],
  ['a large sorted set', '050201620000000000000440c3094041016161e03400016161000000000000f03f0a0032cc60045cdc91fa'],
  ['a stream with a group', '130110000000000000000100000000000000013d3d000000180002010101010181660200010201000100018176020401030100010101817702040100010201dfff020201816702010181680202010801ff0203000101010203010567726f7570010181ffffffffffffffff0100000000000000010000000000000001269d10fba101000001010163269d10fba101000001000000000000000100000000000000010a00c88d6bea528015b8'],
];

test.each(FROM_REDIS)('%s from a redis-server is read, and written in the same bytes', (_name, payload) => {
  const text = Buffer.from(payload, 'hex').latin1Slice();
  expect(isIntact(text)).toBe(true);
  expect(hex(dump(restore(text, LIMITS, SEED)!, SETTINGS))).toBe(payload);
});

describe('a short list', () => {
  const elements = Array.from({ length: 40 }, (_, i) => (i % 3 === 0 ? String(i * 1000) : `element ${i}`));
  test.each([-5, -1, 0, 1, 7, 39, 40, 64])('has the same nodes in either form with list-max-listpack-size %i, and is packed when it is read', (fill) => {
    const settings = { ...SETTINGS, 'list-max-listpack-size': fill };
    const packed = new List();
    packed.push(elements, 0, false);
    const unpacked = new List();
    for (const element of elements) unpacked.pushTail(element);
    expect([packed.packed === null, unpacked.packed === null]).toEqual([false, true]);
    const payload = dump(packed, settings);
    expect(hex(dump(unpacked, settings))).toBe(hex(payload));
    const nodes = fill <= 0 ? (fill === 0 ? 40 : 1) : Math.ceil(40 / fill);
    expect(payload.charCodeAt(1)).toBe(nodes);
    const back = restore(payload, LIMITS, SEED) as List;
    expect([...back]).toEqual(elements);
    expect(back.memoryBytes).toBe(packed.memoryBytes);
    if (nodes === 1) expect(back.packed).toBe(packed.packed);
  });

  test('of a listpack with other encodings than Redis writes is kept in those that it writes', () => {
    const bytes = '\x0b\0\0\0\x01\0\x8212\x03\xff';
    const back = restore(sealed(`\x12\x01\x02${String.fromCharCode(bytes.length)}${bytes}`), LIMITS, SEED) as List;
    expect([...back]).toEqual(['12']);
    expect(back.packed).toBe('\x09\0\0\0\x01\0\x0c\x01\xff');
  });
});

test('the checksum is the CRC-64 of Jones', () => {
  expect(hex(crc64('123456789'))).toBe(Buffer.from('e9c6d914c4b8d9ca', 'hex').reverse().toString('hex'));
});

describe('older encodings are read', () => {
  const string = (text: string): string => String.fromCharCode(text.length) + text;
  const ziplist = '\x19\0\0\0\x11\0\0\0\x03\0\0\x01a\x03\xfe\x80\x03\xc0\x39\x30\xff';

  test('ziplists', () => {
    const whole = `${String.fromCharCode(ziplist.length)}\0\0\0\x10\0\0\0${ziplist.slice(8)}`;
    expect(readZiplist(whole)).toEqual(['a', '-128', '12345']);
    expect([...(restore(sealed(`\x0a${string(whole)}`), LIMITS, SEED) as List)]).toEqual(['a', '-128', '12345']);
    expect([...(restore(sealed(`\x0e\x01${string(whole)}`), LIMITS, SEED) as List)]).toEqual(['a', '-128', '12345']);
  });

  test('zipmaps', () => {
    const zipmap = '\x02\x01f\x02\x01vw-\x01g\x00\x00\xff';
    expect(readZipmap(zipmap)).toEqual(['f', 'vw', 'g', '']);
    expect((restore(sealed(`\x09${string(zipmap)}`), LIMITS, SEED) as HashValue).get('f')).toBe('vw');
  });

  test('lists of strings, and sorted sets with scores as text', () => {
    expect([...(restore(sealed('\x01\x02\x01a\xc0\x05'), LIMITS, SEED) as List)]).toEqual(['a', '5']);
    const set = restore(sealed('\x03\x02\x01a\x031.5\x01b\xfe'), LIMITS, SEED) as SortedSetValue;
    expect([set.score('a'), set.score('b'), set.encoding]).toEqual([1.5, Infinity, 'listpack']);
  });
});

describe('an inconsistent payload', () => {
  test.each([
    ['nothing', ''],
    ['an unknown type', '\x63\x01a'],
    ['a module', '\x07\x01a'],
    ['an empty list', '\x01\x00'],
    ['more members than bytes', '\x02\x81\x0f\xff\xff\xff\xff\xff\xff\xff\x01a'],
    ['a member twice', '\x02\x02\x01a\x01a'],
    ['a field without value', '\x10\x0a\x0a\0\0\0\x01\0\x81f\x02\xff'],
    ['a score that is no number', '\x05\x01\x01a\0\0\0\0\0\0\xf8\x7f'],
    ['a string of terabytes', '\x00\xc3\x02\x81\0\0\x10\0\0\0\0\0ab'],
    ['a listpack of the wrong size', '\x10\x07\xff\0\0\0\0\0\xff'],
    ['an intset of odd integers', '\x0b\x09\x03\0\0\0\x01\0\0\0\x05'],
  ])('%s is refused', (_name, value) => {
    expect(isIntact(sealed(value))).toBe(true);
    expect(restore(sealed(value), LIMITS, SEED)).toBeUndefined();
  });

  test('a changed byte is detected by the checksum, and a later version is refused', () => {
    const payload = dump('text', SETTINGS);
    expect(isIntact(payload.replace('e', 'f'))).toBe(false);
    expect(isIntact('short')).toBe(false);
    const later = '\x00\x01a\x0b\x00';
    expect(isIntact(later + crc64(later))).toBe(false);
  });

  test('any bytes are restored or refused, without exceptions', () => {
    const originals = samples().map(([, value]) => dump(value, { ...SETTINGS, rdbcompression: false }).slice(0, -10));
    fc.assert(
      fc.property(fc.constantFrom(...originals), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }), fc.nat(), (original, changes, cut) => {
        const bytes = Buffer.from(original, 'latin1');
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
        const value = restore(sealed(bytes.latin1Slice(0, cut % 3 === 0 ? cut % bytes.length : bytes.length)), LIMITS, SEED);
        // What was accepted can be written again.
        if (value !== undefined) expect(dump(value, SETTINGS).length).toBeGreaterThan(10);
      }),
      { numRuns: 2000, seed: 1 },
    );
  });
});

test('a listpack returns its elements, in the number of bytes counted for each', () => {
  fc.assert(
    fc.property(fc.array(texts, { maxLength: 20 }), (elements) => {
      const writer = new ListpackWriter();
      for (const element of elements) writer.text(element);
      const bytes = writer.finish();
      expect(readListpack(bytes.latin1Slice())).toEqual(elements);
      expect(bytes.length).toBe(7 + elements.reduce((sum, element) => sum + elementBytes(element), 0));
    }),
    { seed: 1 },
  );
});

test('compressed text is restored', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const bytes = Buffer.from(text, 'latin1');
      const compressed = compress(bytes, bytes.length - 4);
      if (compressed !== null) expect(decompress(compressed, bytes.length).latin1Slice()).toBe(text);
      if (/^(ab){20,}$/.test(text)) expect(compressed).not.toBeNull();
    }),
    { seed: 1 },
  );
});
