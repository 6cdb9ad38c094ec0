/** compact: which strings may be stored as numbers: only those that the number gives back, byte for byte. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { compact } from '../../../src/server/keyspace/value.js';

test.each(['0', '1', '-1', '42', '-900719925474099', '9007199254740991'])('%j becomes a number', (text) => {
  expect(compact(text)).toBe(Number(text));
});

test.each(['', '-', '--1', '-0', '+1', '01', ' 1', '1 ', '1.0', '1e3', '9007199254740993', '-9007199254740993'])('%j stays what it is', (text) => {
  expect(compact(text)).toBe(text);
});

test('every string stored as a number is returned unchanged', () => {
  fc.assert(fc.property(fc.stringMatching(/^[-+0-9. ]{0,18}$/), (text) => String(compact(text)) === text));
});
