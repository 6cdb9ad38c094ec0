import { expect, test } from 'vitest';
import { ColumnReader, ColumnWriter } from '../../../../src/server/keyspace/columns.js';
import { HashSeed } from '../../../../src/server/keyspace/hash.js';
import { crc64 } from '../../../../src/server/keyspace/rdb/crc64.js';
import { restore } from '../../../../src/server/keyspace/rdb/decoder.js';
import { dump } from '../../../../src/server/keyspace/rdb/encoder.js';
import { HashValue } from '../../../../src/server/keyspace/types/hash.js';
import { packElements } from '../../../../src/server/keyspace/types/listpack-text.js';
import { Random } from '../../../fuzz/random.js';
import { describeWithRedis, startRedisServer } from '../../../support/redis-server.js';
import { RespClient } from '../../../support/resp-client.js';

const seed = new HashSeed(1);
const limits = {
  'set-max-intset-entries': 4,
  'hash-max-listpack-entries': 20,
  'hash-max-listpack-value': 200,
  'zset-max-listpack-entries': 3,
  'zset-max-listpack-value': 8,
};
const dumped = (hash: HashValue): string => dump(hash, { rdbcompression: false, 'list-max-listpack-size': -2 });

const pairsOf = (hash: HashValue): string[][] => Array.from({ length: hash.size }, (_, at) => [hash.fieldAt(at), hash.valueAt(at)]);

function anyText(random: Random, most: number): string {
  switch (random.below(5)) {
    case 0: return String(random.below(10));
    case 1: return String(random.between(-70_000, 70_000) * random.pick([1, 60_000, 2 ** 30]));
    case 2: return String.fromCharCode(...Array.from({ length: random.below(4) }, () => random.below(256)));
    case 3: return 'long '.repeat(random.below(most / 5));
    default: return `name:${random.below(12)}`;
  }
}

test('does what a map does, and so do its copies, whose listpack it shares', () => {
  let tables = 0;
  for (let round = 1; round <= 24; round++) {
    const random = new Random(round);
    // In every third round it becomes a table: its fields are many, or one is long.
    const most = round % 3 === 0 ? 20 : 6;
    const text = (): string => anyText(random, random.chance(0.01) && round % 3 === 0 ? 400 : 200);
    const hash = new HashValue(seed);
    const map = new Map<string, string>();
    const copies: [HashValue, string[][]][] = [];
    const set = (field: string, value: string): number => {
      const isNew = !map.has(field);
      map.set(field, value);
      return isNew ? 1 : 0;
    };
    for (let step = 0; step < 60; step++) {
      const field = random.chance(0.5) && map.size > 0 ? random.pick([...map.keys()]) : text();
      expect([hash.get(field), hash.has(field)]).toEqual([map.get(field), map.has(field)]);
      if (random.chance(hash.size < most ? 0.4 : 0.7)) expect(hash.delete(field)).toBe(map.delete(field));
      else if (random.chance(0.7)) {
        const value = text();
        expect(hash.set(field, value, limits)).toBe(set(field, value) === 1);
      } else {
        const texts = ['HSET', 'key', ...Array.from({ length: 2 * random.between(1, 6) }, text)];
        let added = 0;
        for (let at = 2; at < texts.length; at += 2) added += set(texts[at]!, texts[at + 1]!);
        expect(hash.setAll(texts, 2, limits)).toBe(added);
      }
      // A table moves the last field to where one was removed; a listpack keeps the order.
      const pairs = pairsOf(hash);
      if (hash.encoding === 'listpack') expect(pairs).toEqual([...map]);
      else expect(pairs.toSorted()).toEqual([...map].toSorted());
      expect(hash.texts(true, true)).toEqual(pairs.flat());
      expect([hash.texts(true, false), hash.texts(false, true)]).toEqual([pairs.map(([each]) => each), pairs.map(([, value]) => value)]);
      if (random.chance(0.1)) copies.push([random.chance(0.5) ? hash.clone() : (hash.freeze().value as HashValue), pairs]);
      if (random.chance(0.1)) copies.push([captured(hash), pairs]);
      if (hash.encoding === 'hashtable') break;
    }
    if (hash.encoding === 'hashtable') tables++;
    for (const [copy, pairs] of copies) expect(pairsOf(copy)).toEqual(pairs);
  }
  expect(tables).toBeGreaterThan(4);
  expect(tables).toBeLessThan(20);
});

function captured(hash: HashValue): HashValue {
  const to = new ColumnWriter();
  hash.capture(to);
  const copy = new HashValue(seed);
  copy.restore(new ColumnReader(structuredClone(to.finish())));
  expect(copy.memoryBytes).toBe(hash.memoryBytes);
  return copy;
}

test('a field that is set twice by one command has the last value, also where more are set than are added at once', () => {
  const hash = new HashValue(seed);
  const most = { ...limits, 'hash-max-listpack-entries': 1000 };
  const texts = Array.from({ length: 200 }, (_, at) => [`f${at % 70}`, String(at)]).flat();
  expect(hash.setAll(texts, 0, most)).toBe(70);
  expect(pairsOf(hash)).toEqual(Array.from({ length: 70 }, (_, at) => [`f${at}`, String(at < 60 ? at + 140 : at + 70)]));
});

test('a limit that was lowered makes a table of a listpack as soon as a value is set', () => {
  const hash = new HashValue(seed);
  hash.setAll(['a', '1', 'b', '2', 'c', '3'], 0, limits);
  hash.set('b', '4', { ...limits, 'hash-max-listpack-entries': 2 });
  expect([hash.encoding, ...hash.texts(true, true)]).toEqual(['hashtable', 'a', '1', 'b', '4', 'c', '3']);
});

test('more fields than a header can count stay a listpack if the limit allows it', () => {
  const most = { ...limits, 'hash-max-listpack-entries': 100_000 };
  const hash = HashValue.ofListpack(packElements(Array.from({ length: 80_000 }, (_, at) => String(at >> 1))), most, seed);
  hash.set('new', 'v', most);
  expect([hash.encoding, hash.size, hash.get('39999'), hash.get('new'), hash.fieldAt(40_000)]).toEqual(['listpack', 40_001, '39999', 'v', 'new']);
  expect([hash.delete('39999'), hash.size]).toEqual([true, 40_000]);
});

test.each([
  ['without the last value', ['f', 'v', 'g'], 'Bad'],
  ['with a field twice', ['f', 'v', '7', '1', '7', '2'], 'Bad'],
  ['with a field twice among many', [...Array.from({ length: 80 }, (_, at) => `t${at}`), 't4', 'v'], 'Bad'],
  ['with no field', [], 'Bad'],
  ['with a field that is also a value', ['f', '7', '7', 'f'], ''],
])('a listpack %s', (_what, texts, error) => {
  const listpack = packElements(texts);
  const length = listpack.length < 64 ? String.fromCharCode(listpack.length) : String.fromCharCode(0x40 | (listpack.length >> 8), listpack.length & 0xff);
  const body = `\x10${length}${listpack}\x0a\x00`;
  const value = restore(body + crc64(body), { ...limits, 'hash-max-listpack-entries': 100 }, seed) as HashValue | undefined;
  expect(value?.texts(true, true)).toEqual(error === '' ? texts : undefined);
});

describeWithRedis('beside redis-server', () => {
  test('DUMP has the same bytes after the same changes, and each restores the payload of the other', async () => {
    await using redis = await startRedisServer(['--rdbcompression', 'no', '--hash-max-listpack-value', '200', '--hash-max-listpack-entries', '20']);
    await using client = await RespClient.connect(redis.port);
    for (let round = 1; round <= 6; round++) {
      const random = new Random(round);
      const hash = new HashValue(seed);
      const key = `h${round}`;
      for (let step = 0; step < 40; step++) {
        const field = random.chance(0.4) && hash.size > 0 ? hash.fieldAt(random.below(hash.size)) : anyText(random, 200);
        if (hash.size > 16 || random.chance(0.3)) {
          hash.delete(field);
          await client.call('HDEL', key, field);
        } else {
          const texts = [field, anyText(random, 200), anyText(random, 200), anyText(random, 200)];
          hash.setAll(texts, 0, limits);
          await client.call('HSET', key, ...texts);
        }
        if (hash.size > 0) expect(await client.call('DUMP', key)).toBe(dumped(hash));
      }
      if (hash.size === 0) continue;
      expect(await client.call('RESTORE', `${key} back`, '0', dumped(hash))).toEqual({ simple: 'OK' });
      const back = restore((await client.call('DUMP', `${key} back`)) as string, limits, seed) as HashValue;
      expect([back.listpack, back.encoding]).toEqual([hash.listpack, 'listpack']);
    }
  });
});
