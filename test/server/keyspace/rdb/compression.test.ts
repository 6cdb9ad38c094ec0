/** Strings of an RDB file that are compressed where the file is written: the bytes are those that the writer alone makes. */
import { expect, test } from 'vitest';
import { compressStrings } from '../../../../src/server/keyspace/rdb/compression.js';
import { compress } from '../../../../src/server/keyspace/rdb/lzf.js';
import { RdbWriter } from '../../../../src/server/keyspace/rdb/encoder.js';
import { Random } from '../../../fuzz/random.js';

const settings = { rdbcompression: true, 'list-max-listpack-size': -2 };

test('a snapshot whose strings are compressed later is the same', () => {
  const random = new Random(3);
  const values = Array.from({ length: 400 }, () => {
    const length = random.pick([0, 3, 19, 20, 21, 25, 40, 64, 300, 16_380, 16_384, 16_400, 70_000, 200_000]);
    return random.chance(0.5)
      ? String.fromCharCode(97 + random.below(3)).repeat(length)
      : Array.from({ length }, () => String.fromCharCode(random.below(256))).join('');
  });
  const files = [false, true].map((isLater) => {
    const chunks: Buffer[] = [];
    const writer = new RdbWriter(settings, (bytes, strings) => void chunks.push(Buffer.from(compressStrings(new Uint8Array(bytes), strings))), isLater);
    for (const [at, value] of values.entries()) writer.entry(`key:${at}`, value);
    writer.flush();
    return Buffer.concat(chunks);
  });
  expect(files[0]!.length).toBeGreaterThan(1_000_000);
  expect(Buffer.compare(files[0]!, files[1]!)).toBe(0);
});

test('what one compression leaves in the table does not change the next', () => {
  const random = new Random(5);
  const texts = Array.from({ length: 200 }, () => Buffer.from(Array.from({ length: random.between(21, 400) }, () => random.below(4))));
  const once = texts.map((text) => compress(text, text.length - 4)?.toString('hex'));
  const again = texts.toReversed().map((text) => compress(text, text.length - 4)?.toString('hex')).toReversed();
  expect(again).toEqual(once);
});
