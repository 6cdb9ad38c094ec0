/** The terminal's keyboard in time: a stream in front of it, and a clock that stands until it is moved. */
import { closeSync, mkdtempSync, openSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { spell, type Key } from '../../../src/tui/terminal/key.js';
import { Terminal } from '../../../src/tui/terminal/terminal.js';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'performance'] }));
afterEach(() => void vi.useRealTimers());

/** What a stream of a terminal has besides. */
class Input extends PassThrough {
  setRawMode(): this {
    return this;
  }

  /** Heard at once, as when the loop reads it. */
  send(text: string | Buffer): void {
    this.emit('data', Buffer.from(text as string));
  }
}

function enter(): { readonly input: Input; readonly keys: string[]; readonly terminal: Terminal } {
  const input = new Input();
  const output = Object.assign(new PassThrough(), { fd: -1, columns: 80, rows: 24 });
  const keys: string[] = [];
  const show = (key: Key): string => (key.text === '' ? spell(key) : key.text);
  const terminal = new Terminal(input as never, output as never, { keys: (all) => keys.push(...all.map(show)), resize: () => {}, caughtUp: () => {}, hangup: () => {} }, false);
  terminal.enter();
  return { input, keys, terminal };
}

test.each([60, 100, 140])('an arrow key that the connection cuts in two for %i ms is an arrow key', (gapMs) => {
  const { input, keys } = enter();
  input.send('\x1b');
  vi.advanceTimersByTime(gapMs);
  input.send('[A');
  vi.advanceTimersByTime(5000);
  expect(keys).toEqual(['up']);
});

test('Esc and a letter that were typed before the screen are two keys, and Alt with it later', () => {
  const { input, keys } = enter();
  input.send('\x1bq');
  vi.advanceTimersByTime(5000);
  expect(keys.splice(0)).toEqual(['escape', 'q']);
  input.send('\x1bq');
  expect(keys).toEqual(['alt+q']);
});

test('a lone Esc is reported after its timeout', () => {
  const { input, keys } = enter();
  input.send('\x1b');
  vi.advanceTimersByTime(200);
  expect(keys).toEqual(['escape']);
});

test('what came in time counts, although the thread was too busy to read it', () => {
  const { input, keys } = enter();
  input.send('\x1b');
  // The timer is due; the loop comes to read behind it.
  vi.advanceTimersToNextTimer();
  input.send('[A');
  vi.advanceTimersByTime(5000);
  expect(keys).toEqual(['up']);
});

test('a paste and an answer that do not end are given up by the clock', () => {
  const { input, keys } = enter();
  input.send('\x1b[200~half');
  vi.advanceTimersByTime(3000);
  input.send('\x1b]11;rgb');
  vi.advanceTimersByTime(3000);
  input.send('x');
  expect(keys).toEqual(['half', 'x']);
});

test('the beginning of a character that does not go on is a byte', () => {
  const { input, keys } = enter();
  input.send(Buffer.from([0x61, 0xe9]));
  expect(keys).toEqual(['a']);
  vi.advanceTimersByTime(1000);
  expect(keys).toEqual(['a', '\udce9']);
});

test.each([[120, 40, '120x40'], [0, 0, '80x24'], [65_535, 50, '1000x50'], [5000, 5000, '1000x300']])('of %i columns and %i rows, %s are drawn', (columns, rows, drawn) => {
  const output = Object.assign(new PassThrough(), { fd: -1, columns, rows });
  const sizes: string[] = [];
  const terminal = new Terminal(new Input() as never, output as never, { keys: () => {}, resize: (...size) => sizes.push(size.join('x')), caughtUp: () => {}, hangup: () => {} }, false);
  terminal.enter();
  output.emit('resize');
  expect([`${terminal.columns}x${terminal.rows}`, ...sizes]).toEqual([drawn, drawn]);
  terminal.leave();
});

test('after it has been left, nothing is reported any more', () => {
  const { input, keys, terminal } = enter();
  input.send('\x1b');
  terminal.leave();
  vi.advanceTimersByTime(5000);
  expect(keys).toEqual([]);
});

test('the alternate screen is wiped while it is still shown, so that nothing of it can stay when it is left', () => {
  const path = join(mkdtempSync(join(tmpdir(), 'terminal-')), 'written');
  const fd = openSync(path, 'w');
  const output = Object.assign(new PassThrough(), { fd, columns: 80, rows: 24 });
  const terminal = new Terminal(new Input() as never, output as never, { keys: () => {}, resize: () => {}, caughtUp: () => {}, hangup: () => {} }, true);
  terminal.enter();
  terminal.leave();
  closeSync(fd);
  expect(readFileSync(path, 'latin1')).toMatch(/\x1b\[2J.*\x1b\[\?1049l$/);
});
