/**
 * The sink: what reaches the terminal of a frame, read back by an emulator.
 */
import xterm from '@xterm/headless';
import { array, asyncProperty, assert, constantFrom, string } from 'fast-check';
import { expect, test } from 'vitest';
import { FrameSink } from '../../../src/tui/terminal/sink.js';
import { width } from '../../../src/tui/view/text.js';

function createSink(columns = 20, rows = 4): { sink: FrameSink; written: string[] } {
  const written: string[] = [];
  return { sink: new FrameSink(columns, rows, (text) => void written.push(text)), written };
}

test('only the lines that changed are written, inside synchronized output', () => {
  const { sink, written } = createSink();
  sink.write('one\ntwo\nthree');
  sink.write('one\n2\nthree');
  expect(written).toHaveLength(2);
  expect(written[1]).toBe('\x1b[?2026h\x1b[?25l\x1b[2;1H\x1b[2K2\x1b[0m\x1b[?25l\x1b[?2026l');
});

test('a frame like the last one costs no byte', () => {
  const { sink, written } = createSink();
  sink.write('one');
  sink.write('one');
  expect(written).toHaveLength(1);
});

test('the cursor moves without a line being written', () => {
  const { sink, written } = createSink();
  sink.write('one');
  sink.cursor = { row: 0, column: 2 };
  sink.write('one');
  expect(written[1]).toBe('\x1b[1;3H\x1b[?25h');
});

test('after a reset everything is written again, and after its release nothing', () => {
  const { sink, written } = createSink();
  sink.write('one\ntwo');
  sink.reset(30, 5);
  sink.write('one\ntwo');
  expect(written.at(-1)).toContain('\x1b[1;1H\x1b[2Kone');
  sink.release();
  const before = written.length;
  sink.write('three');
  expect(written.length).toBe(before);
});

test('a slow terminal gets no more frames, and the newest one when it has caught up', () => {
  const written: string[] = [];
  let takes = false;
  const sink = new FrameSink(20, 4, (text) => (written.push(text), takes));
  for (const frame of ['one', 'two', 'three', 'four']) sink.write(frame);
  expect(written).toHaveLength(1);
  takes = true;
  sink.caughtUp();
  expect(written).toHaveLength(2);
  expect(written[1]).toContain('four');
  sink.caughtUp();
  sink.write('four');
  expect(written).toHaveLength(2);
});

test('whatever a pane lets through, no line takes control of the terminal', () => {
  const { sink, written } = createSink(80);
  sink.write('\x1b[31mred\x1b[39m \x1b]0;title\x07 \x1b[2J \x9b2J \r\b\x00 \u202e \x1bc');
  expect(written[0]).toContain('\x1b[31mred\x1b[39m ?]0;title? ?[2J ?2J ??? ? ?c');
});

test.each(['ก', 'กำ', 'ກຳ', 'ที่นี่', 'हिन्दी', 'क्षत्रिय', 'தமிழ்'])('text drawn after %s erases none of its signs', async (text) => {
  const terminal = new xterm.Terminal({ cols: 40, rows: 1, allowProposedApi: true });
  const sink = new FrameSink(40, 1, (written) => terminal.write(written));
  sink.write(`${text}|x`);
  await new Promise<void>((resolve) => terminal.write('', resolve));
  // The emulator gives each sign that is no mark a cell of its own. Where it needs less room than it got, a blank remains.
  const shown = terminal.buffer.active.getLine(0)!.translateToString(true);
  expect(shown.replaceAll(' ', '')).toBe(`${text}|x`);
  expect(terminal.buffer.active.getLine(0)!.getCell(width(text))!.getChars()).toBe('|');
  terminal.dispose();
});

const line = string({ unit: constantFrom('a', 'b', ' ', '█', '日', '🙂', '❤️', '🇩🇪', 'e\u0301', 'กำ', '\x1b[1m', '\x1b[22m'), maxLength: 8 });
const frame = array(line, { minLength: 1, maxLength: 4 });

/** The characters whose width is beyond doubt, each at its column; ? is where another one lies. */
function placed(line: string): string[] {
  // eslint-disable-next-line no-control-regex
  const plain = line.replace(/\x1b\[\d+m/g, '');
  const cells = Array.from({ length: 20 }, () => ' ');
  let column = 0;
  for (const { segment } of new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(plain)) {
    const wide = width(segment);
    cells.fill(/^[ab█ ]$/.test(segment) ? segment : '?', column, column + wide);
    column += wide;
  }
  return cells.slice(0, column);
}

test('after any frames the terminal shows the last one, column by column, although the emulator takes an emoji for one column wide', async () => {
  await assert(
    asyncProperty(array(frame, { minLength: 1, maxLength: 6 }), async (frames) => {
      const terminal = new xterm.Terminal({ cols: 20, rows: 4, allowProposedApi: true });
      const sink = new FrameSink(20, 4, (text) => terminal.write(text));
      for (const lines of frames) sink.write(lines.join('\n'));
      await new Promise<void>((resolve) => terminal.write('', resolve));
      // An empty frame is no frame.
      const last = frames.findLast((lines) => lines.join('\n') !== '') ?? [];
      const expected = Array.from({ length: 4 }, (_, y) => placed(last[y] ?? ''));
      const shown = expected.map((cells, y) => cells.map((cell, x) => (cell === '?' ? cell : terminal.buffer.active.getLine(y)!.getCell(x)!.getChars() || ' ')));
      expect(shown).toEqual(expected);
      terminal.dispose();
    }),
    { numRuns: 100 },
  );
});
