/**
 * The screen of threads: a lane for each, drawn within its size in both languages.
 */
import { describe, expect, test } from 'vitest';
import { ENGINE_COMMANDS, type LaneState, type LaneView } from '../../../src/server/index.js';
import { SHARED_COMMANDS } from '../../../src/server/arena/keyspace.js';
import { Samples } from '../../../src/tui/lanes/samples.js';
import { drawLanes, type LanesView } from '../../../src/tui/lanes/view.js';
import { width } from '../../../src/tui/view/text.js';
import { createTheme } from '../../../src/tui/view/theme.js';

const theme = createTheme({ palette: 'color', ascii: false, background: 'dark', isPresenting: false });
const plain = (text: string): string => text.replace(/\x1b\[[\d;]*m/g, '');

const lane = (index: number, state: LaneState, fields: Partial<LaneView> = {}): LaneView => ({ index, fd: 20 + index, state, commands: 0, lockWaits: 0, threadId: 0, ...fields });

const view = (lanes: LanesView['lanes'], fields: Partial<LanesView> = {}): LanesView => ({
  address: '127.0.0.1:6379', lanes, lock: { acquisitions: 12_345, waits: 67, waitedUs: 8900 }, residentBytes: 300 * 2 ** 20, notice: '', isHelpOpen: false, ...fields,
});

test('a lane shows what its thread is at, and was at in the samples before', () => {
  const samples = new Samples();
  const states: LaneState[] = ['starting', 'blocked in recv', 'running', 'waiting for the lock', 'holding the lock', 'blocked in send'];
  for (const state of states) samples.take([lane(0, state)]);
  const rows = drawLanes(view(samples.of([lane(0, 'blocked in send', { commands: 1234, lockWaits: 5 })])), { width: 80, height: 24 }, theme, 'en').map(plain);
  expect(rows[0]).toContain('127.0.0.1:6379 · 1 of 64 threads · 300 MiB');
  expect(rows[1]).toContain('taken 12,345 times; a thread slept for it 67 times, 8.90 ms in all');
  expect(rows[3]!.trim()).toMatch(/^0 {3}20 blocked in send +1,234 +5 .* ~·rwLs$/);
});

test('samples of a lane start again when another thread takes it', () => {
  const samples = new Samples();
  samples.take([lane(0, 'running')]);
  samples.take([lane(0, 'running', { fd: 99 })]);
  expect(samples.of([lane(0, 'running', { fd: 99 })])[0]!.states).toEqual(['running']);
  samples.take([]);
  expect(samples.of([lane(0, 'running')])[0]!.states).toEqual([]);
});

describe.each(['en', 'ko'] as const)('in %s', (language) => {
  test.each([[80, 24], [120, 40], [40, 10]])('every row has the width of the screen: %dx%d', (columns, height) => {
    const lanes = Array.from({ length: 64 }, (_, i) => lane(i, 'blocked in recv'));
    for (const shown of [lanes, [], lanes.slice(0, 3)]) {
      for (const isHelpOpen of [false, true]) {
        const rows = drawLanes(view(new Samples().of(shown), { notice: 'accept4: EMFILE', isHelpOpen }), { width: columns, height }, theme, language);
        expect(rows).toHaveLength(height);
        for (const row of rows) expect(width(row)).toBe(columns);
      }
    }
  });

  test('nothing that is said is cut at 80 columns', () => {
    for (const lanes of [[], [lane(0, 'running')]]) {
      for (const isHelpOpen of [false, true]) {
        for (const row of drawLanes(view(new Samples().of(lanes), { isHelpOpen }), { width: 80, height: 24 }, theme, language)) expect(plain(row)).not.toContain('…');
      }
    }
  });

  test('the help has each column, each mark of the legend and each command', () => {
    const size = { width: 80, height: 24 };
    const rows = drawLanes(view([]), size, theme, language).map(plain);
    const help = drawLanes(view([], { isHelpOpen: true }), size, theme, language).map(plain).slice(3, -3);
    const words = help.map((row) => row.trim().split(/ +/)[0]!);
    for (const column of ['now', 'commands', 'waits', 'sleeps', 'preempted', 'samples']) expect(words).toContain(column);
    for (const [, mark] of rows.at(-2)!.matchAll(/(?:^| ) ?([~·a-zL]) /g)) expect(words).toContain(mark);
    expect(help.join(' ').replace(/\s+/g, ' ')).toContain(ENGINE_COMMANDS.join(' '));
  });
});

test('the commands that are named are those that there are', () => {
  expect(ENGINE_COMMANDS).toEqual(expect.arrayContaining([...SHARED_COMMANDS.keys()].map((name) => name.toUpperCase())));
});
