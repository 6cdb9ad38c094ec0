import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { double, expiry, expiryOrPast, integer, integer64, integerBetween, isWord, MILLISECONDS, parseDouble, parseInteger, positiveInteger, SECONDS } from '../../../../src/server/commands/support/arguments.js';
import { ErrorReply } from '../../../../src/server/resp/reply.js';

function errorOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof ErrorReply) return error.text;
    throw error;
  }
  return 'no error';
}

describe('parseInteger', () => {
  test.each<[string, number | bigint]>([
    ['0', 0],
    ['7', 7],
    ['-7', -7],
    ['123456789012345', 123456789012345],
    ['-999999999999999', -999999999999999],
    ['9007199254740991', 9007199254740991],
    ['9007199254740992', 9007199254740992n],
    ['9223372036854775807', 9223372036854775807n],
    ['-9223372036854775808', -9223372036854775808n],
  ])('reads %j', (text, value) => {
    expect(parseInteger(text)).toBe(value);
  });

  test.each(['', '-', '-0', '00', '01', '-01', '+1', ' 1', '1 ', '1.0', '1e3', '0x10', 'a', '1\0', '9223372036854775808', '-9223372036854775809', '123456789012345678901234', '00000000000000000001'])(
    'refuses %j, as string2ll does',
    (text) => {
      expect(parseInteger(text)).toBeUndefined();
    },
  );
});

describe('integers', () => {
  test('keep 64 bits if a command needs them, and are rounded otherwise', () => {
    expect(integer64('9223372036854775807')).toBe(9223372036854775807n);
    expect(integer('9223372036854775807')).toBe(2 ** 63);
  });

  test('out of range give an error with the range, or that of the command', () => {
    const own = new ErrorReply('ERR own text');
    expect(integerBetween('5', 1, 5)).toBe(5);
    expect(errorOf(() => integerBetween('6', 1, 5))).toBe('ERR value is out of range, value must between 1 and 5');
    expect(errorOf(() => integerBetween('x', 1, 5))).toBe('ERR value is not an integer or out of range');
    expect(errorOf(() => integerBetween('x', 1, 5, own))).toBe('ERR own text');
    expect(errorOf(() => integerBetween('0', 1, 5, own))).toBe('ERR own text');
  });

  test('that must be positive include zero, and have one error text', () => {
    expect(positiveInteger('0')).toBe(0);
    expect(errorOf(() => positiveInteger('-1'))).toBe('ERR value is out of range, must be positive');
    expect(errorOf(() => positiveInteger('x'))).toBe('ERR value is out of range, must be positive');
  });
});

describe('parseDouble', () => {
  test.each<[string, number]>([
    ['1', 1],
    ['-0', -0],
    ['+1.5', 1.5],
    ['.5', 0.5],
    ['5.', 5],
    ['-0.0', -0],
    ['-0.1', -0.1],
    ['0.3', 0.3],
    ['00.30', 0.3],
    ['123456789.012345', 123456789.012345],
    ['0.00000000000001', 1e-14],
    ['-99999999999.9999', -99999999999.9999],
    ['9007199254740.9931', Number('9007199254740.9931')],
    ['1.2345678901234567', 1.2345678901234567],
    ['1e5', 100000],
    ['9223372036854775807', 2 ** 63],
    ['inf', Infinity],
    ['+Infinity', Infinity],
    ['-INF', -Infinity],
    ['0x10', 16],
    ['-0x1p3', -8],
    ['0x.8', 0.5],
    ['0x1p-1074', 5e-324],
    ['0e999', 0],
    ['0x0p9999', 0],
    ['4e-320', 4e-320],
  ])('reads %j as strtod does', (text, value) => {
    expect(parseDouble(text)).toBe(value);
  });

  test.each(['', '.', '-', '-.', '1.2.3', '1.-2', '--1.5', '1.5x', 'e5', '1e', '0x', ' 1', '1 ', '1_0', 'nan', 'NaN(1)', '-nan', '1e400', '-1e400', '1e-400', '0x1p1024', '0x1p-1080', '1\0', 'info'])('refuses %j', (text) => {
    expect(parseDouble(text)).toBeUndefined();
  });

  test('reads every fraction as Number does', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^-?\d{1,12}\.\d{1,12}$/), (text) => {
        expect(parseDouble(text)).toBe(Number(text));
      }),
      { numRuns: 1000 },
    );
  });

  test('an argument that is not a double has its own error text', () => {
    expect(double('2.5')).toBe(2.5);
    expect(errorOf(() => double('abc'))).toBe('ERR value is not a valid float');
  });
});

describe('option words', () => {
  test.each<[string, string, boolean]>([
    ['EX', 'EX', true],
    ['ex', 'EX', true],
    ['eX', 'EX', true],
    ['EXAT', 'EX', false],
    ['', 'EX', false],
    ['E\x18', 'E8', false],
    ['[', '{', false],
  ])('%j is %j: %s', (text, word, same) => {
    expect(isWord(text, word)).toBe(same);
  });
});

describe('expiry', () => {
  test.each<[string, 1 | 1000, number, number | bigint]>([
    ['10', SECONDS, 5, 10_005],
    ['10', MILLISECONDS, 5, 15],
    ['1700000000', SECONDS, 0, 1_700_000_000_000],
    ['9223372036854775', SECONDS, 0, 9_223_372_036_854_775_000n],
    ['9223372036854775807', MILLISECONDS, 0, 9_223_372_036_854_775_807n],
  ])('%s × %d ms from %d on is %d', (text, unit, base, atMs) => {
    expect(expiry(text, unit, base, 'set')).toBe(atMs);
  });

  test.each<[string, 1 | 1000, number]>([
    ['0', SECONDS, 5],
    ['-1', MILLISECONDS, 5],
    ['9223372036854776', SECONDS, 0],
    ['9223372036854775', SECONDS, 1_700_000_000_000],
    ['9223372036854775807', MILLISECONDS, 1],
  ])('%s × %d ms from %d on is refused in the name of the command', (text, unit, base) => {
    expect(errorOf(() => expiry(text, unit, base, 'getex'))).toBe("ERR invalid expire time in 'getex' command");
  });

  test('in the past is accepted where it deletes the key, until 64 bits overflow', () => {
    expect(expiryOrPast('-10', SECONDS, 5, 'expire')).toBe(-9995);
    expect(errorOf(() => expiryOrPast('-9223372036854776', SECONDS, 0, 'expire'))).toBe("ERR invalid expire time in 'expire' command");
    expect(errorOf(() => expiryOrPast('1.5', SECONDS, 0, 'expire'))).toBe('ERR value is not an integer or out of range');
  });
});
