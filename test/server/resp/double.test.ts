import { describe, expect, test } from 'vitest';
import { formatDouble, formatGeneral } from '../../../src/server/resp/double.js';
import { describeWithRedis, startRedisServer } from '../../support/redis-server.js';
import { RespClient } from '../../support/resp-client.js';

// As printed by ZADD and ZSCORE of redis-server 7.0.15.
const TABLE: readonly (readonly [value: number, text: string])[] = [
  [0, '0'],
  [-0, '-0'],
  [1, '1'],
  [-1, '-1'],
  [10, '10'],
  [100000, '100000'],
  [123456789, '123456789'],
  [9007199254740991, '9007199254740991'],
  [9007199254740992, '9007199254740992'],
  [99999999999999984, '99999999999999984'],
  [100000000000000000, '1e+17'],
  [123456789012345680, '1.2345678901234568e+17'],
  [1e17, '1e+17'],
  [1e20, '1e+20'],
  [1e21, '1e+21'],
  [1.5e300, '1.5000000000000001e+300'],
  [-1e300, '-1.0000000000000001e+300'],
  [1.7976931348623157e308, '1.7976931348623157e+308'],
  [0.1, '0.10000000000000001'],
  [0.2, '0.20000000000000001'],
  [0.3, '0.29999999999999999'],
  [-0.1, '-0.10000000000000001'],
  [1.1, '1.1000000000000001'],
  [2.5, '2.5'],
  [3.25, '3.25'],
  [0.5, '0.5'],
  [0.25, '0.25'],
  [0.0001, '0.0001'],
  [0.00001, '1.0000000000000001e-05'],
  [0.000123, '0.00012300000000000001'],
  [1e-5, '1.0000000000000001e-05'],
  [1e-7, '9.9999999999999995e-08'],
  [1.5e-10, '1.5e-10'],
  [5e-324, '4.9406564584124654e-324'],
  [2.2250738585072014e-308, '2.2250738585072014e-308'],
  [2.98023223876953125e-08, '2.9802322387695312e-08'],
  [8.94069671630859375e-08, '8.9406967163085938e-08'],
  [1.490116119384765625e-07, '1.4901161193847656e-07'],
  [33554431.99999997, '33554431.99999997'],
  [4503599627370495.5, '4503599627370495.5'],
  [1125899906842623.875, '1125899906842623.9'],
  [140737488355327.96875, '140737488355327.97'],
  [0.3333333333333333, '0.33333333333333331'],
  [12345.678, '12345.678'],
  [1e16, '10000000000000000'],
  [123456.00000000001, '123456.00000000001'],
  [Infinity, 'inf'],
  [-Infinity, '-inf'],
];

describe('a double', () => {
  test.each(TABLE)('%s is printed as %s', (value, text) => {
    expect(formatDouble(value)).toBe(text);
    if (value !== 0 && Number.isFinite(value)) expect(formatDouble(-value)).toBe(value < 0 ? text.slice(1) : `-${text}`);
  });

  test('that is not a number is printed as nan', () => {
    expect(formatDouble(NaN)).toBe('nan');
  });

  test.each([
    [0.5, 1, '0.5'],
    [2.5, 1, '2'],
    [3.5, 1, '4'],
    [1234.5, 4, '1234'],
    [123456, 3, '1.23e+05'],
    [99.99, 3, '100'],
    [0.00012345, 2, '0.00012'],
  ])('%s has %i digits as %s', (value, digits, text) => {
    expect(formatGeneral(value, digits)).toBe(text);
  });
});

describeWithRedis('doubles beside redis-server', () => {
  test('10,000 of all sizes are printed in the same way', { timeout: 60_000 }, async () => {
    await using redis = await startRedisServer();
    await using client = await RespClient.connect(redis.port);
    const values = Array.from({ length: 10_000 }, (_, i) => sample(i));
    const shown = values.map((value, i) => client.call('ZADD', 'z', 'CH', String(value), String(i)).then(() => client.call('ZSCORE', 'z', String(i))));
    expect(await Promise.all(shown)).toEqual(values.map(formatDouble));
  });
});

/** Numbers of all kinds: any bits, few decimals, ties at the 17th digit. Always the same ones. */
function sample(i: number): number {
  const hash = (n: number): number => Math.imul(Math.imul(n ^ 0x9e3779b9, 0x85ebca6b) ^ (n >>> 13), 0xc2b2ae35) >>> 0;
  const view = new DataView(new ArrayBuffer(8));
  view.setUint32(0, hash(i));
  view.setUint32(4, hash(i + 1_000_003));
  const bits = view.getFloat64(0);
  switch (i % 4) {
    case 0:
      return Number.isFinite(bits) ? bits : i;
    case 1:
      return (hash(i) - 2 ** 31) / 10 ** (i % 9);
    case 2:
      return (hash(i) * 2 ** 20 + (hash(i + 7) >>> 12)) * 2 ** -(i % 53);
    default:
      return hash(i) * 2 ** -(20 + (i % 12));
  }
}
