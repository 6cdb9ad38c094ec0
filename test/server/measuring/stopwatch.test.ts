import { expect, test } from 'vitest';
import { Stopwatch } from '../../../src/server/measuring/stopwatch.js';

/** A stopwatch whose clock moves on by 10 µs with each reading, and everything that was settled. */
function timed() {
  const clock = { readings: 0, readUs: () => ++clock.readings * 10 };
  const settled: [session: string, command: string, elapsedUs: number, calls: number][] = [];
  const stopwatch = new Stopwatch<string, string>({ clock }, (session, command, _argv, elapsedUs, calls) => void settled.push([session, command, elapsedUs, calls]));
  return { stopwatch, clock, settled };
}

test('calls of one fast command in a read are timed together, with a reading at either end', () => {
  const { stopwatch, clock, settled } = timed();
  stopwatch.begin();
  for (let call = 0; call < 4; call++) stopwatch.join('a', 'get', []);
  stopwatch.end();
  expect(settled).toEqual([['a', 'get', 10 / 4, 4]]);
  expect(clock.readings).toBe(2);
});

test('another fast command begins where the one before ends', () => {
  const { stopwatch, clock, settled } = timed();
  stopwatch.begin();
  stopwatch.join('a', 'get', []);
  stopwatch.join('a', 'set', []);
  stopwatch.end();
  expect(settled).toEqual([['a', 'get', 10, 1], ['a', 'set', 10, 1]]);
  expect(clock.readings).toBe(3);
});

test('a command alone takes a reading before and after it, which are also the borders of its neighbours', () => {
  const { stopwatch, clock, settled } = timed();
  stopwatch.begin();
  stopwatch.join('a', 'get', []);
  const startUs = stopwatch.startAlone();
  expect(stopwatch.borderUs).toBe(startUs);
  expect(stopwatch.alone(startUs)).toBe(10);
  stopwatch.join('a', 'get', []);
  stopwatch.end();
  expect(settled).toEqual([['a', 'get', 10, 1], ['a', 'get', 10, 1]]);
  expect(clock.readings).toBe(4);
});

test('what is executed within a command that is timed alone ends with it', () => {
  const { stopwatch, clock, settled } = timed();
  stopwatch.begin();
  const startUs = stopwatch.startAlone();
  stopwatch.join('script', 'get', []);
  expect(stopwatch.alone(startUs)).toBe(10);
  stopwatch.end();
  expect(settled).toEqual([['script', 'get', 10, 1]]);
  expect(clock.readings).toBe(2);
});

test('a read within a read ends the run that it interrupts, and neither includes the other', () => {
  const { stopwatch, settled } = timed();
  stopwatch.begin();
  stopwatch.join('script', 'get', []);
  stopwatch.begin();
  stopwatch.join('a', 'ping', []);
  stopwatch.end();
  stopwatch.join('script', 'get', []);
  stopwatch.end();
  expect(settled).toEqual([['script', 'get', 10, 1], ['a', 'ping', 10, 1], ['script', 'get', 10, 1]]);
});
