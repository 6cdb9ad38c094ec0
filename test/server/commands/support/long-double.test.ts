import { describe, expect, test } from 'vitest';
import { addLongDoubles, formatLongDouble, isFinite, parseLongDouble } from '../../../../src/server/commands/support/long-double.js';

const sum = (one: string, other: string): string => formatLongDouble(addLongDoubles(parseLongDouble(one)!, parseLongDouble(other)!));

describe('long doubles', () => {
  // The replies of redis-server 7.0.15 on x86-64 to SET f <one>, INCRBYFLOAT f <other>.
  test.each([
    ['0', '0.1', '0.1'],
    ['0.1', '0.2', '0.3'],
    ['3.0e3', '0.1', '3000.10000000000000009'],
    ['5.0e3', '-5.0e3', '0'],
    ['0', '1e-17', '0.00000000000000001'],
    ['0', '5e-18', '0'],
    ['0', '-5e-18', '0'],
    ['1', '-1e-18', '1'],
    ['0', '123456789.123456789', '123456789.12345678899873747'],
    ['9223372036854775807', '1', '9223372036854775808'],
    ['18446744073709551615', '1', '18446744073709551616'],
    ['18446744073709551616', '1', '18446744073709551616'],
    ['1e19', '0.5', '10000000000000000000'],
    ['0', '0x1.8p3', '12'],
    ['0x1p-64', '0', '0'],
    ['-0', '0', '0'],
    ['0', '1e-4950', '0'],
    ['0', '3.14159265358979323846', '3.14159265358979324'],
    ['36893488147419103233', '0', '36893488147419103232'],
    ['0', '1e22', '10000000000000000000000'],
  ])('%s + %s is printed as %s', (one, other, printed) => {
    expect(sum(one, other)).toBe(printed);
  });

  test.each(['', ' 1', '1 ', '.', '1e', 'nan', '-NAN', 'abc', '1_0', '0x', '1e4933', '-1e4933', '1e-4960', '1e99999999999999999999', '0x1p16384', '0x1p-16500', '1'.repeat(5200)])(
    'refuse %j',
    (text) => {
      expect(parseLongDouble(text)).toBeUndefined();
    },
  );

  test('accept zero in any form', () => {
    for (const text of ['0', '-0', '0.000', '0e99999', '0e-99999', '0x0', '0x0.0p9']) expect(parseLongDouble(text)?.mantissa).toBe(0n);
  });

  test('overflow to infinity, and infinity stays', () => {
    const largest = parseLongDouble('1.18e4932')!;
    expect(isFinite(largest)).toBe(true);
    expect(isFinite(addLongDoubles(largest, largest))).toBe(false);
    expect(isFinite(addLongDoubles(parseLongDouble('inf')!, largest))).toBe(false);
    expect(isFinite(addLongDoubles(largest, parseLongDouble('-Infinity')!))).toBe(false);
  });

  test('round to 64 bits, ties to even', () => {
    const large = 2n ** 64n;
    expect(sum(String(large), '1')).toBe(String(large));
    expect(sum(String(large), '3')).toBe(String(large + 4n));
    expect(sum(String(large + 2n), '1')).toBe(String(large + 4n));
  });
});
