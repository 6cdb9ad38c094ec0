import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hashBytes, HashSeed, hashString } from '../../../src/server/keyspace/hash.js';
import { simulate } from '../simulation/harness.js';

const SEED = new HashSeed(1);

const KEYS: { readonly [shape: string]: (i: number) => string } = {
  'sequential numbers': (i) => String(i),
  'padded numbers': (i) => `key:${String(i).padStart(12, '0')}`,
  'numbers in front': (i) => `${i}:user`,
  'two bytes that vary': (i) => String.fromCharCode(i & 0xff, i >> 8),
};

/** Returns how uneven the bucket counts are, by chi squared: near 1 for a random function. */
function unevenness(hashes: readonly number[], buckets: number): number {
  const counts = new Int32Array(buckets);
  for (const bucket of hashes) counts[bucket]!++;
  const expected = hashes.length / buckets;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0) / (buckets - 1);
}

describe.each(Object.entries(KEYS))('%s', (_shape, keyOf) => {
  const hashes = Array.from({ length: 65_536 }, (_, i) => hashString(keyOf(i), SEED));

  test('spread evenly over the low bits, which choose a position', () => {
    expect(unevenness(hashes.map((hash) => hash & 0xfff), 4096)).toBeLessThan(1.15);
  });

  test('spread evenly over the high bits, which choose a part', () => {
    expect(unevenness(hashes.map((hash) => hash >>> 24), 256)).toBeLessThan(1.4);
  });
});

test('a change of one bit of the key changes each bit of the hash with probability 1/2', () => {
  const flips = new Int32Array(32);
  let trials = 0;
  for (let i = 0; i < 2000; i++) {
    const key = `key:${i * 7919}`;
    for (let bit = 0; bit < 8; bit++, trials++) {
      const at = i % key.length;
      const other = key.slice(0, at) + String.fromCharCode(key.charCodeAt(at) ^ (1 << bit)) + key.slice(at + 1);
      const difference = hashString(key, SEED) ^ hashString(other, SEED);
      for (let out = 0; out < 32; out++) flips[out]! += (difference >>> out) & 1;
    }
  }
  for (const count of flips) expect(Math.abs(count / trials - 0.5)).toBeLessThan(0.03);
});

test('another seed gives other hashes', () => {
  expect(hashString('key', new HashSeed(2))).not.toBe(hashString('key', SEED));
});

test('strings that differ only in trailing zero bytes have different hashes', () => {
  expect(new Set(['', '\0', '\0\0', '\0\0\0', '\0\0\0\0', '\0\0\0\0\0'].map((key) => hashString(key, SEED))).size).toBe(6);
});

test('bytes have the hash of the string that they spell, at any address', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(9), (bytes, start) => {
      const buffer = Buffer.concat([Buffer.alloc(start, 0xaa), bytes, Buffer.alloc(3, 0xaa)]);
      expect(hashBytes(buffer, start, bytes.length, SEED)).toBe(hashString(Buffer.from(bytes).latin1Slice(), SEED));
    }),
  );
});

test('servers of different seeds on one thread do not disturb each other', () => {
  using one = simulate({ seed: 1 });
  const client = one.connect();
  const words = Array.from({ length: 300 }, (_, i) => `word${i}`);
  client.ask('MSET', ...words.flatMap((word) => [word, 'v']));
  client.ask('SADD', 'set', ...words);
  const [keys, members] = [client.ask('SCAN', '0', 'COUNT', '400'), client.ask('SSCAN', 'set', '0', 'COUNT', '400')];

  using other = simulate({ seed: 2 });
  const otherClient = other.connect();
  otherClient.ask('MSET', ...words.flatMap((word) => [word, 'v']));
  otherClient.ask('SADD', 'set', ...words);

  expect(client.ask('EXISTS', ...words)).toBe(':300\r\n');
  expect(client.ask('SADD', 'set', ...words)).toBe(':0\r\n');
  expect(client.ask('SCAN', '0', 'COUNT', '400')).toBe(keys);
  expect(client.ask('SSCAN', 'set', '0', 'COUNT', '400')).toBe(members);
  expect(otherClient.ask('SCAN', '0', 'COUNT', '400')).not.toBe(keys);
  expect(otherClient.ask('SSCAN', 'set', '0', 'COUNT', '400')).not.toBe(members);
});
