import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ENTRY_SHARES_NAMES } from '../../../../src/server/keyspace/rdb/types.js';
import { IdIndex } from '../../../../src/server/keyspace/types/id-index.js';
import { ColumnReader, type ColumnsState, ColumnWriter } from '../../../../src/server/keyspace/columns.js';
import { Group, UNKNOWN_COUNT } from '../../../../src/server/keyspace/types/stream-group.js';
import { advance, compareIds, distance, formatId, MAX_ID, nextId, previousId, type StreamId, type Uint64, uint64, ZERO_ID } from '../../../../src/server/keyspace/types/stream-id.js';
import { OutputBuffer } from '../../../../src/server/client/output-buffer.js';
import { encode, encodeArray } from '../../../../src/server/resp/encoder.js';
import { StreamNode } from '../../../../src/server/keyspace/types/stream-node.js';
import { StreamValue } from '../../../../src/server/keyspace/types/stream.js';

const LIMITS = { 'stream-node-max-entries': 4, 'stream-node-max-bytes': 4096 };
const id = (ms: number, seq = 0): StreamId => ({ ms, seq });
const halves = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(uint64);

function streamOf(count: number, limits = LIMITS): StreamValue {
  const stream = new StreamValue();
  for (let ms = 1; ms <= count; ms++) stream.append(id(ms), ['f', String(ms)], 0, limits);
  return stream;
}

const idsIn = (stream: StreamValue): string[] => stream.range(ZERO_ID, MAX_ID, 0).map(formatId);

describe('IDs of 64 bits in both halves', () => {
  test.each([
    ['0-0', id(0), '0-1'],
    ['a full sequence', { ms: 7, seq: 2n ** 64n - 1n }, '8-0'],
    ['the last safe number', { ms: 7, seq: Number.MAX_SAFE_INTEGER }, '7-9007199254740992'],
  ])('behind %s', (_name, from, next) => {
    expect(formatId(nextId(from)!)).toBe(next);
    expect(formatId(previousId(nextId(from)!)!)).toBe(formatId(from));
  });

  test('there is nothing before the first and after the last', () => {
    expect([previousId(ZERO_ID), nextId(MAX_ID)]).toEqual([null, null]);
  });

  test('a distance leads from one to the other, and the order is that of the integers', () => {
    fc.assert(
      fc.property(halves, halves, (a, b) => {
        expect(advance(a, distance(a, b))).toBe(b);
        expect(Math.sign(compareIds({ ms: a, seq: 0 }, { ms: b, seq: 0 }))).toBe(BigInt(a) === BigInt(b) ? 0 : BigInt(a) < BigInt(b) ? -1 : 1);
      }),
    );
  });
});

/** Four IDs for each millisecond, and from 400 on milliseconds that are no safe integers: pairs of them are the same as numbers. */
const numbered = (number: number): StreamId => ({ ms: number < 400 ? number >> 2 : 2n ** 60n + BigInt(number >> 2), seq: number & 3 });

test('an index agrees with a sorted array', () => {
  const steps = fc.array(fc.tuple(fc.boolean(), fc.nat(700)), { maxLength: 1500 });
  fc.assert(
    fc.property(steps, fc.nat(700), (changes, probe) => {
      const index = new IdIndex<StreamId>();
      const model = new Set<number>();
      for (const [adds, number] of changes) {
        if (adds) expect(index.add(numbered(number))).toBe(!model.has(number));
        else expect(index.delete(numbered(number)) !== undefined).toBe(model.has(number));
        if (adds) model.add(number);
        else model.delete(number);
      }
      const sorted = [...model].sort((a, b) => a - b);
      const shown = (number: number | undefined): StreamId | undefined => (number === undefined ? undefined : numbered(number));
      expect([...index]).toEqual(sorted.map(numbered));
      expect(index.size).toBe(sorted.length);
      expect([index.first, index.last]).toEqual([shown(sorted[0]), shown(sorted.at(-1))]);
      expect(index.atOrBefore(numbered(probe))).toEqual(shown(sorted.findLast((number) => number <= probe)));
      expect(index.atOrAfter(numbered(probe))).toEqual(shown(sorted.find((number) => number >= probe)));
      expect(index.after(numbered(probe))).toEqual(shown(sorted.find((number) => number > probe)));
      expect(index.before(numbered(probe))).toEqual(shown(sorted.findLast((number) => number < probe)));
    }),
    { numRuns: 40 },
  );
});

describe('nodes', () => {
  test('are full by entries, deleted ones included, or by bytes', () => {
    const stream = streamOf(4);
    stream.delete(id(2));
    stream.append(id(9), ['f', 'x'], 0, LIMITS);
    expect([...stream.nodes].map(({ ms }) => ms)).toEqual([1, 9]);
    expect(streamOf(10, { 'stream-node-max-entries': 0, 'stream-node-max-bytes': 40 }).nodes.size).toBeGreaterThan(2);
    expect(streamOf(1000, { 'stream-node-max-entries': 0, 'stream-node-max-bytes': 0 }).nodes.size).toBe(1);
  });

  test('are removed when their last entry is deleted', () => {
    const stream = streamOf(5);
    expect(stream.delete(id(5))).toBe(true);
    expect(stream.nodes.size).toBe(1);
    expect(stream.delete(id(5))).toBe(false);
  });

  test('have the names of their first entry, which others with the same names share', () => {
    const stream = streamOf(2);
    stream.append(id(3), ['g', '1'], 0, LIMITS);
    expect([0, 1, 2].map((at) => [...stream.nodes][0]!.flagsAt(at))).toEqual([ENTRY_SHARES_NAMES, ENTRY_SHARES_NAMES, 0]);
  });

  test('count their bytes as entries are added and deleted', () => {
    const stream = new StreamValue();
    const limits = { 'stream-node-max-entries': 0, 'stream-node-max-bytes': 0 };
    for (let ms = 1; ms <= 300; ms++) stream.append(id(ms), ['f', 'v'], 0, limits);
    const [node] = [...stream.nodes];
    const before = node!.bytes;
    for (let ms = 1; ms <= 200; ms++) stream.delete(id(ms));
    // 300 and 0 take 3 and 2 bytes, 100 and 200 take 2 and 3.
    expect(node!.bytes).toBe(before);
    stream.delete(id(201));
    expect([node!.live, node!.deleted, node!.bytes]).toEqual([99, 201, before]);
  });
});

describe('a sealed node', () => {
  const names = fc.array(fc.constantFrom('', 'f', 'temperature', 'x'.repeat(300), 'y'.repeat(9000)), { minLength: 1, maxLength: 3 });
  const entriesOf = (numbers: fc.Arbitrary<Uint64>, names: fc.Arbitrary<string[]>, maxLength: number) =>
    fc.array(fc.record({ ms: numbers, seq: numbers, names, isDeleted: fc.boolean() }), { minLength: 1, maxLength });
  // Numbers of one, two, four and more bytes; nodes in which all share the names, and in which few do; more than 32 entries.
  const nodes = fc.oneof(
    entriesOf(fc.nat(200), fc.constant(['f', 'g']), 70),
    entriesOf(fc.nat(60_000), names, 12),
    entriesOf(fc.nat(2 ** 32 - 1), fc.constant(['f']), 12),
    entriesOf(fc.oneof(fc.nat(300), fc.nat(2 ** 33), halves), names, 12),
  );

  const nodeOf = (entries: readonly { ms: Uint64; seq: Uint64; names: readonly string[] }[]): StreamNode => {
    const node = new StreamNode(entries[0]!.ms, entries[0]!.seq, entries[0]!.names);
    for (const { ms, seq, names } of entries) node.append({ ms, seq }, names.flatMap((name, at) => [name, `value ${at}`]));
    return node;
  };
  const captured = (node: StreamNode): ColumnsState => {
    const writer = new ColumnWriter();
    node.capture(writer);
    return writer.finish();
  };
  const shown = (node: StreamNode): unknown =>
    Array.from({ length: node.length }, (_, at) => [node.entryAt(at), node.textsAt(at), node.flagsAt(at), node.find(node.idAt(at)), node.firstFrom(node.idAt(at))]);

  test('answers as it did before, and can be changed', () => {
    fc.assert(
      fc.property(nodes, fc.boolean(), nodes, (entries, isInOrder, [later]) => {
        if (isInOrder) entries.sort(compareIds);
        const [open, sealed] = [nodeOf(entries), nodeOf(entries)];
        const check = (): void => {
          expect(shown(sealed)).toEqual(shown(open));
          expect([sealed.length, sealed.live, sealed.bytes]).toEqual([open.length, open.live, open.bytes]);
          expect(shown(sealed.clone())).toEqual(shown(open));
          const restored = StreamNode.restored(new ColumnReader(captured(sealed)));
          expect([shown(restored), restored.memoryBytes]).toEqual([shown(sealed), sealed.memoryBytes]);
        };
        sealed.seal();
        check();
        for (const [at, { isDeleted }] of entries.entries()) if (isDeleted) for (const node of [open, sealed]) node.delete(at);
        check();
        for (const node of [open, sealed]) node.append(later!, later!.names.flatMap((name) => [name, name]));
        check();
        expect(sealed.memoryBytes).toBe(open.memoryBytes);
      }),
      { numRuns: 200 },
    );
  });

  test('takes no more memory than its listpack, unless its texts are long', () => {
    for (const [text, isPacked] of [['21 C', true], ['x'.repeat(200), false]] as const) {
      const node = new StreamNode(1_700_000_000_000, 0, ['temperature']);
      for (let at = 0; at < 100; at++) node.append(id(1_700_000_000_000 + at * 7, at % 3), ['temperature', text]);
      expect(node.memoryBytes).toBe(node.bytes + 100 * 56);
      node.seal();
      expect(node.memoryBytes === node.bytes).toBe(isPacked);
    }
  });

  test('is every node of a stream but the last, also after it was copied', () => {
    const limits = { 'stream-node-max-entries': 100, 'stream-node-max-bytes': 4096 };
    const stream = streamOf(1000, limits);
    const [bytes, nodes] = [[...stream.nodes].reduce((sum, node) => sum + node.bytes, 0), stream.nodes.size];
    expect(nodes).toBe(10);
    expect(stream.memoryBytes).toBe(256 + nodes * 128 + bytes + 100 * 56);
    expect(stream.clone().memoryBytes).toBe(stream.memoryBytes);
  });
});

describe('trimming ten entries in nodes of four', () => {
  test.each([
    ['to 7, exactly', { most: 7 }, false, undefined, 3],
    ['to 7, by nodes', { most: 7 }, true, undefined, 0],
    ['to 6, by nodes', { most: 6 }, true, undefined, 4],
    ['to 0, by nodes', { most: 0 }, true, undefined, 10],
    ['to 0, by nodes, at most 7', { most: 0 }, true, 7, 4],
    ['from 6 on', { from: id(6) }, false, undefined, 5],
    ['from 6 on, by nodes', { from: id(6) }, true, undefined, 4],
  ])('%s', (_name, keep, isApproximate, limit, removed) => {
    const stream = streamOf(10);
    expect(stream.trim({ keep, isApproximate, limit }, LIMITS)).toBe(removed);
    expect(stream.size).toBe(10 - removed);
    expect(formatId(stream.firstId)).toBe(removed === 10 ? '0-0' : `${removed + 1}-0`);
    expect(idsIn(stream)).toHaveLength(10 - removed);
  });
});

test('ranges are those of a plain array, both ways', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 40 })), fc.nat(45), fc.nat(45), fc.nat(5), (deleted, start, end, count) => {
      const stream = streamOf(40);
      for (const ms of deleted) stream.delete(id(ms));
      const left = Array.from({ length: 40 }, (_, i) => i + 1).filter((ms) => !deleted.includes(ms) && ms >= start && ms <= end);
      expect(stream.range(id(start), id(end), count).map(({ ms }) => ms)).toEqual(count === 0 ? left : left.slice(0, count));
      expect(stream.rangeBackwards(id(start), id(end), count).map(({ ms }) => ms)).toEqual(count === 0 ? left.toReversed() : left.toReversed().slice(0, count));
    }),
  );
});

test('an entry that XSETID allows after a deleted one with a higher ID is found', () => {
  const stream = streamOf(1);
  stream.append(id(9), ['f', 'v'], 0, LIMITS);
  stream.delete(id(9));
  stream.append(id(5), ['f', 'v'], 0, LIMITS);
  expect(stream.has(id(5))).toBe(true);
  expect(idsIn(stream)).toEqual(['1-0', '5-0']);
  expect(stream.rangeBackwards(ZERO_ID, MAX_ID, 1).map(formatId)).toEqual(['5-0']);
});

test('an entry that XSETID allows with the ID of a node without entries replaces it', () => {
  const limits = { 'stream-node-max-entries': 1, 'stream-node-max-bytes': 0 };
  const stream = streamOf(1, limits);
  stream.trim({ keep: { from: id(1, 5) }, isApproximate: false, limit: undefined }, limits);
  stream.append(id(1), ['f', 'again'], 0, limits);
  expect(idsIn(stream)).toEqual(['1-0']);
});

describe('the lag of a group', () => {
  const lagAt = (stream: StreamValue, lastId: StreamId, entriesRead: number): unknown => stream.lagOf(new Group('g', lastId, entriesRead));

  test('follows from its counter, or from the ends of the stream', () => {
    const stream = streamOf(10);
    expect(lagAt(stream, id(4), 4)).toBe(6);
    expect(lagAt(stream, id(10), UNKNOWN_COUNT)).toBe(0);
    expect(lagAt(stream, id(1), UNKNOWN_COUNT)).toBe(9);
    expect(lagAt(stream, ZERO_ID, UNKNOWN_COUNT)).toBe(10);
    expect(lagAt(stream, id(4), UNKNOWN_COUNT)).toBeNull();
    expect(lagAt(stream, id(99), UNKNOWN_COUNT)).toBeNull();
    expect(lagAt(new StreamValue(), ZERO_ID, UNKNOWN_COUNT)).toBe(0);
  });

  test('is unknown while there are deleted entries ahead', () => {
    const stream = streamOf(10);
    stream.delete(id(6));
    stream.maxDeletedId = id(6);
    expect(lagAt(stream, id(4), 4)).toBeNull();
    expect(lagAt(stream, id(7), 7)).toBe(3);
  });
});

test('a copy shares nothing that changes', () => {
  const stream = streamOf(6);
  const group = new Group('g', id(3), 3);
  stream.groups.set('g', group);
  const consumer = group.addConsumer('c', 1);
  const pending = group.addPending(id(3), consumer, 1, 1);
  const copy = stream.clone();
  stream.delete(id(1));
  group.deliver(pending, consumer, 1, 9);
  group.deletePending(id(3));
  expect(idsIn(copy)).toHaveLength(6);
  const copied = copy.groups.get('g')!;
  expect(copied.pending.get(id(3))).toMatchObject({ deliveries: 1, consumer: copied.consumers.get('c') });
  expect(copy.memoryBytes).toBeGreaterThan(stream.memoryBytes);
});

test('deleting a consumer deletes its pending entries', () => {
  const group = new Group('g', id(3), 3);
  const [ann, bob] = [group.addConsumer('ann', 1), group.addConsumer('bob', 1)];
  group.addPending(id(1), ann, 1, 1);
  group.deliver(group.addPending(id(2), ann, 1, 1), bob, 1, 2);
  group.deleteConsumer(ann);
  expect([...group.pending].map(formatId)).toEqual(['2-0']);
  expect([...bob.pending].map(formatId)).toEqual(['2-0']);
});

test('entries are encoded where they are as their replies would be, in the same chunks', () => {
  const stream = new StreamValue();
  const texts = ['', '7', 'x'.repeat(31), 'y'.repeat(70), '\xff\r\n'];
  for (let i = 1; i <= 3000; i++) {
    const fields = i % 5 === 0 ? ['own', texts[i % 4]!, 'names', String(i)] : ['f', texts[i % 5]!];
    stream.append({ ms: i < 2990 ? i * 10 ** Math.floor(i / 250) : 2n ** 63n + BigInt(i), seq: i % 7 === 0 ? 2 ** 31 + i : i % 3 }, fields, 0, LIMITS);
  }
  const places = stream.places(ZERO_ID, MAX_ID, 0);
  const inPlace = new OutputBuffer();
  encodeArray(inPlace, places.length);
  for (let i = 0; i < places.length; i++) places.nodeAt(i).writeTo(inPlace, places.placeAt(i));
  const made = new OutputBuffer();
  encode(made, places.entries().map((entry) => [formatId(entry), entry.fields]), 2);
  expect(places.length).toBe(3000);
  expect(inPlace.capture()).toEqual(made.capture());
  expect(made.extraChunks).toBeGreaterThan(0);
});
