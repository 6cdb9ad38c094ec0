import { expect, test } from 'vitest';
import { durationUs } from '../../src/shared/duration.js';

test.each([
  [0, 0], [1500, 1_500_000], [0.25, 250], ['250ms', 250_000], ['90s', 90_000_000], ['1.5h', 5_400_000_000], ['2d', 172_800_000_000], ['15m', 900_000_000],
  ['1500', 1_500_000], [' 3 S ', 3_000_000], ['.5s', 500_000], ['0.0004ms', 0],
])('%j is %d µs', (duration, us) => {
  expect(durationUs(duration)).toBe(us);
});

test.each([[-1, '-1'], ['-5s', '"-5s"']])('%j goes backwards', (duration, shown) => {
  expect(() => durationUs(duration)).toThrow(new RangeError(`time does not go backwards: ${shown}`));
});

test.each([Number.NaN, Infinity, '', 's', '1 week', '1h30m', '1e3', '1,5s', '0x10', null, undefined, {}, true])('%j is not a duration', (duration) => {
  expect(() => durationUs(duration as string)).toThrow(/ is not a duration such as 1500 \(ms\), 250ms, 90s, 15m, 1.5h or 2d$/);
});
