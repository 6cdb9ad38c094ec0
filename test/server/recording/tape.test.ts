import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRing, TapeCursor, TapeEnd, TapeReader, TapeWriter } from '../../../src/server/recording/tape.js';

test('what is put on the tape is read back, numbers of every size', () => {
  const numbers = fc.oneof(fc.nat(), fc.maxSafeNat(), fc.constantFrom(0, 127, 128, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 53 - 1));
  const signed = fc.integer({ min: -(2 ** 52), max: 2 ** 52 });
  fc.assert(
    fc.property(fc.array(fc.tuple(numbers, signed, fc.integer({ min: 0, max: 0xffff_ffff }), fc.string({ unit: 'grapheme' })), { maxLength: 20 }), (values) => {
      const ring = createRing(65536);
      const writer = new TapeWriter(ring);
      for (const [number, difference, word, text] of values) {
        writer.number(number);
        writer.signed(difference);
        writer.word(word);
        writer.text(text);
      }
      writer.publish();
      const cursor = new TapeCursor(new TapeReader(ring).take() ?? Buffer.alloc(0));
      expect(values.map(() => [cursor.number(), cursor.signed(), cursor.word(), cursor.text()])).toEqual(values);
      expect(cursor.isAtEnd).toBe(true);
    }),
  );
});

test('a tape in chunks of any size is read as if it were whole', () => {
  const values = fc.array(fc.tuple(fc.maxSafeNat(), fc.integer({ min: 0, max: 0xffff_ffff }), fc.string({ unit: 'grapheme' }), fc.uint8Array()), { maxLength: 10 });
  fc.assert(
    fc.property(values, fc.integer({ min: 1, max: 9 }), (values, pieceBytes) => {
      const ring = createRing(65536);
      const writer = new TapeWriter(ring);
      for (const [number, word, text, bytes] of values) {
        writer.number(number);
        writer.word(word);
        writer.text(text);
        writer.bytes(Buffer.from(bytes), 0, bytes.length);
      }
      writer.publish();
      const whole = new TapeReader(ring).take() ?? Buffer.alloc(0);
      const cursor = new TapeCursor({ from: (offset) => (offset < whole.length ? whole.subarray(offset, offset + pieceBytes) : null) });
      const bytesOf = (count: number): Uint8Array => {
        const into = Buffer.alloc(count);
        cursor.bytes(into, 0, count);
        return new Uint8Array(into);
      };
      expect(values.map(([, , , { length }]) => [cursor.number(), cursor.word(), cursor.text(), bytesOf(length)])).toEqual(values);
      expect({ isAtEnd: cursor.isAtEnd, position: cursor.position }).toEqual({ isAtEnd: true, position: whole.length });
      expect(() => cursor.byte()).toThrow(TapeEnd);
    }),
  );
});

test('bytes go around the ring, in chunks of any size, as long as the reader keeps up', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 60 }), (pieces) => {
      const ring = createRing(128);
      const writer = new TapeWriter(ring);
      const reader = new TapeReader(ring);
      const taken: Buffer[] = [];
      for (const piece of pieces) {
        writer.bytes(Buffer.from(piece), 0, piece.length);
        writer.publish();
        const chunk = reader.take();
        if (chunk !== null) taken.push(chunk);
      }
      expect(writer.hasOverflowed).toBe(false);
      expect(Buffer.concat(taken).equals(Buffer.concat(pieces))).toBe(true);
    }),
  );
});

test('a writer that would overtake its reader stops, and keeps what was published', () => {
  const ring = createRing(16);
  const writer = new TapeWriter(ring);
  writer.bytes(Buffer.from('0123456789'), 0, 10);
  writer.publish();
  writer.bytes(Buffer.from('abcdefg'), 0, 7);
  writer.publish();
  const reader = new TapeReader(ring);
  expect([writer.hasOverflowed, reader.hasOverflowed]).toEqual([true, true]);
  expect(reader.take()!.toString()).toBe('0123456789');
});

test('what was written since a mark can be discarded', () => {
  const ring = createRing(16);
  const writer = new TapeWriter(ring);
  writer.byte(1);
  const mark = writer.mark();
  writer.bytes(Buffer.from('no'), 0, 2);
  writer.rewind(mark);
  writer.byte(2);
  writer.publish();
  expect([...new TapeReader(ring).take()!]).toEqual([1, 2]);
});

test('a tape that ends in the middle of a value reports that', () => {
  for (const read of [(cursor: TapeCursor) => cursor.number(), (cursor: TapeCursor) => cursor.word(), (cursor: TapeCursor) => cursor.text()]) {
    expect(() => read(new TapeCursor(Buffer.from([0x82])))).toThrow(TapeEnd);
  }
});

test('a ring has the size of a power of two', () => {
  expect(() => createRing(100)).toThrow('power of two');
});
