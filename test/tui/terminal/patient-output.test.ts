/** Writing to a terminal that takes as much as the test wants, and a clock that the test moves. */
import { openSync } from 'node:fs';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { PatientOutput, patientOutput } from '../../../src/tui/terminal/patient-output.js';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

/** Takes `room` bytes, then nothing. */
class Reader {
  taken = '';
  room = Infinity;
  offers = 0;
  error: NodeJS.ErrnoException | null = null;

  readonly output: PatientOutput;

  constructor() {
    this.output = new PatientOutput(openSync('/dev/null', 'w'), (_, bytes) => {
      this.offers++;
      if (this.error !== null) throw this.error;
      if (this.room === 0) throw Object.assign(new Error('EAGAIN'), { code: 'EAGAIN' });
      const part = bytes.subarray(0, this.room);
      this.room -= part.length;
      this.taken += Buffer.from(part).toString();
      return part.length;
    });
    onTestFinished(() => void this.output.destroy());
  }
}

test('what the terminal takes at once does not wait', () => {
  const reader = new Reader();
  reader.output.write('frame');
  expect(reader.taken).toBe('frame');
  expect(reader.output.writableLength).toBe(0);
});

test('what it does not take waits, is offered again in its order, and then it has caught up', async () => {
  const reader = new Reader();
  const drained = vi.fn();
  reader.output.on('drain', drained);
  reader.room = 3;
  for (const text of ['frame', ' two', ' drei: ü']) reader.output.write(text);
  expect(reader.taken).toBe('fra');
  expect(reader.output.writableLength).toBeGreaterThan(0);
  reader.room = 1;
  vi.advanceTimersByTime(60);
  expect(reader.taken).toBe('fram');
  expect(drained).not.toHaveBeenCalled();
  reader.room = Infinity;
  vi.advanceTimersByTime(60);
  expect(reader.taken).toBe('frame two drei: ü');
  expect(reader.output.writableLength).toBe(0);
  await new Promise<void>((resolve) => process.nextTick(resolve));
  expect(drained).toHaveBeenCalledTimes(1);
});

test('a terminal that takes nothing is asked ever more seldom', () => {
  const reader = new Reader();
  reader.room = 0;
  reader.output.write('frame');
  vi.advanceTimersByTime(1000);
  expect(reader.offers).toBeLessThan(60);
});

test('at the end everything is offered until it is taken, or a moment is over, once', () => {
  const reader = new Reader();
  reader.room = 2;
  reader.output.write('frame');
  reader.output.write(' and the end');
  expect(reader.output.flushNow(20)).toBe(false);
  const { offers } = reader;
  expect(offers).toBeGreaterThan(2);
  // It has had its moment.
  expect(reader.output.flushNow(10_000)).toBe(false);
  expect(reader.offers).toBe(offers + 1);
  reader.room = Infinity;
  expect(reader.output.flushNow(0)).toBe(true);
  expect(reader.taken).toBe('frame and the end');
});

test('a lost terminal ends it', async () => {
  const reader = new Reader();
  const failed = vi.fn();
  reader.output.on('error', failed);
  reader.error = Object.assign(new Error('EIO'), { code: 'EIO' });
  reader.output.write('frame');
  await new Promise<void>((resolve) => process.nextTick(resolve));
  expect(failed).toHaveBeenCalledTimes(1);
  expect(reader.output.flushNow()).toBe(true);
});

test('only a terminal needs it', () => {
  expect(patientOutput({ fd: 1, isTTY: false } as never)).toBe(null);
  // A descriptor that is not open.
  expect(patientOutput({ fd: 99_999, isTTY: true } as never)).toBe(null);
});
