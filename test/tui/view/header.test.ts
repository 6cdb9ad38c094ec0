import { describe, expect, test } from 'vitest';
import type { RatesModel } from '../../../src/tui/state/model/rates.js';
import { initialModel } from '../../../src/tui/state/model/model.js';
import { initialState } from '../../../src/tui/state/reduce.js';
import type { Control, ServerInfo, State } from '../../../src/tui/state/state.js';
import { header } from '../../../src/tui/view/header.js';
import { width as widthOf } from '../../../src/tui/view/text.js';
import { busy, executing } from '../busy.js';
import { eventAt } from '../happened.js';
import { COLORED, PLAIN } from '../scene.js';

const TCP = { host: '127.0.0.1', port: 6379 };
const SERVER: ServerInfo = { addresses: [TCP], poller: 'epoll', edgeTriggered: false, pollerFallback: null, wantedPort: null, version: 'test' };
const HELD = eventAt(0, { kind: 'frame', token: 2, frame: 1, bytes: 1, argv: ['DEL'], raw: '' });

interface Scenery {
  readonly server?: Partial<ServerInfo>;
  readonly control?: Partial<Control>;
  readonly rates?: Partial<RatesModel>;
  readonly nowMs?: number;
}

function stateOf({ server, control, rates, nowMs = 0 }: Scenery): State {
  const state = initialState({ ...SERVER, ...server }, { ...initialModel, originMs: 0, rates: { ...initialModel.rates, turn: 812, connections: 3, ...rates } });
  return { ...state, control: { ...state.control, ...control }, ui: { ...state.ui, nowMs } };
}

const rows = (scenery: Scenery, width: number, height: 1 | 2): string[] => header(stateOf(scenery), { theme: PLAIN, width, height }).map((row) => row.trimEnd());
const oneRow = (scenery: Scenery, width = 80): string => rows(scenery, width, 1)[0]!;

test('a small screen has it all in one row, a larger one in two', () => {
  expect(oneRow({})).toBe(' redis-lab  LIVE  turn 812 · 127.0.0.1:6379 · 3 connections · 0 cmd/s · epoll');
  expect(rows({}, 120, 2)).toEqual([' redis-lab  LIVE  turn 812 · 3 connections · 0 cmd/s', ' 127.0.0.1:6379 · epoll']);
});

test('rules at the seams of the loop are shown after the time, in the colour of an error, in the longest form that fits', () => {
  const rules = ['eagain-is-an-error on #3', "rule on-eof on #3 'ignore'"];
  const state = stateOf({});
  const spoiled = { ...state, model: { ...state.model, rules } };
  const said = (width: number, height: 1 | 2, shown = spoiled): string => header(shown, { theme: PLAIN, width, height })[0]!.trimEnd();
  expect(said(200, 2)).toBe(" redis-lab  LIVE   eagain-is-an-error on #3, rule on-eof on #3 'ignore'  turn 812 · 3 connections · 0 cmd/s");
  expect(said(75, 2)).toContain(' LIVE   eagain-is-an-error, rule on-eof  turn 812');
  expect(said(80, 1)).toContain('  LIVE   eagain-is-an-error, rule on-eof  turn 812 · :6379');
  expect(said(50, 1)).toContain(' eagain-is-an-error +1 ');
  expect(said(80, 1, { ...state, model: { ...state.model, rules: rules.slice(0, 1) } })).toContain(' LIVE   eagain-is-an-error on #3  turn 812');
  expect(header(spoiled, { theme: COLORED, width: 200, height: 2 })[0]).toContain(COLORED.bad(COLORED.highlight(` ${rules.join(', ')} `)));
});

test('the file of a recording replaces the name, also in a narrow header', () => {
  const opened = { server: { recording: { name: 'checkout-2026-11-29.lab', commands: 7 } } };
  expect(rows(opened, 120, 2)[0]).toBe(' redis-lab checkout-2026-11-29.lab  LIVE  turn 812 · 3 connections · 0 cmd/s');
  expect(oneRow(opened, 80)).toBe(' checkout-2026-11-29.lab  LIVE  turn 812 · :6379 · 3 conn · 0 cmd/s · epoll');
  expect(oneRow(opened, 40)).toContain('checkout-2026-1…  LIVE  turn 812');
});

test('a virtual clock shows its time, as far as there is room', () => {
  const virtual = { server: { hasVirtualClock: true } };
  expect(rows(virtual, 120, 2)[1]).toBe(' 127.0.0.1:6379 · epoll · virtual clock 1970-01-01 00:00:00.000 UTC');
  expect(oneRow(virtual, 80)).toContain(' · virtual 00:00:00.000');
  expect(oneRow(virtual, 60)).toContain(' · 00:00:00.000');
});

test.each<[string, Partial<Control>]>([
  ['LIVE', { mode: 'live' }],
  ['SLOW 5/s', { mode: 'slow', eventsPerSecond: 5 }],
  ['PAUSED', { mode: 'paused', heldAt: HELD }],
  ['STEP: waits for an event', { mode: 'stepping', stepping: 'event' }],
  ['STEP: waits for a command', { mode: 'stepping', stepping: 'command' }],
  ['RUN to the next request', { mode: 'stepping', stepping: {} }],
  ['RUN to the next request of #7', { mode: 'stepping', stepping: { token: 7 } }],
  ['RUN to the next DEL key user:\\x1b* of #7', { mode: 'stepping', stepping: { command: 'del', key: 'user:\x1b*', token: 7 } }],
  ['HISTORY 6 of 1,234', { mode: 'history', position: { at: 6, of: 1234 }, moment: { turn: 3, event: 1 } }],
  ['HISTORY 405 of 412 PAUSED', { mode: 'history', position: { at: 405, of: 412 }, moment: { turn: 3, event: 1 }, heldAt: HELD }],
  ['BUSY 2.1 s', { mode: 'live', busy: busy(executing(3, 'eval', 2140)) }],
  ['BUSY 0.2 s', { mode: 'stepping', stepping: 'event', busy: busy(executing(3, 'eval', 200)) }],
  ['PAUSED', { mode: 'paused', heldAt: HELD, busy: busy(executing(3, 'eval', 200)) }],
])('what time does: %s', (text, control) => {
  expect(oneRow({ control }, 120)).toContain(` ${text} `);
});

test('a bar shows where in the history that is: full at the newest event, never empty, and as long as there is room', () => {
  const inHistory = (at: number, width: number): string => oneRow({ control: { mode: 'history', position: { at, of: 412 }, moment: { turn: 3, event: 1 } } }, width);
  const { bar, barEmpty } = PLAIN.glyphs;
  const scrubber = (filled: number, columns: number): string => ` ${bar.repeat(filled)}${barEmpty.repeat(columns - filled)} `;
  for (const [at, filled] of [[1, 1], [206, 20], [411, 39], [412, 40]] as const) expect(inHistory(at, 200)).toContain(scrubber(filled, 40));
  for (const [width, columns] of [[200, 40], [90, 24], [72, 12], [60, 6]] as const) expect(inHistory(206, width)).toContain(scrubber(columns / 2, columns));
  expect(oneRow({ control: { mode: 'live' } })).not.toContain(barEmpty);
});

test('it names the moment: the turn, the event in it, and the time of day', () => {
  const nowMs = new Date(2026, 10, 29, 12, 3, 7, 250).getTime();
  const inHistory = (width: number): string => oneRow({ control: { mode: 'history', position: { at: 6, of: 412 }, moment: { turn: 812, event: 7 }, heldAt: HELD }, nowMs }, width);
  expect(inHistory(120)).toContain(' turn 812, event 7 · 12:03:07.250');
  expect(inHistory(60)).toContain(' turn 812.7 · 12:03:07.250');
  const untimed: Partial<Control> = { mode: 'history', position: { at: 6, of: 412, isUntimed: true }, moment: { turn: 812, event: 7 } };
  expect(rows({ control: untimed }, 120, 2)[1]).toBe(' 127.0.0.1:6379 · epoll · durations not measured');
  expect(oneRow({ control: { mode: 'history', position: null, travel: 'slow' } }, 120)).toMatch(/ HISTORY +going back… · turn 812 · /);
});

test('it shows where the loop is held, the number of breakpoints, and the number of dropped events', () => {
  const [first, second] = rows({ control: { mode: 'paused', heldAt: HELD, breakpoints: [{ command: 'del' }, { key: 'k' }] }, rates: { droppedCommands: 12_345, droppedTurns: 678, droppedSecond: 0 } }, 160, 2);
  expect(first).toContain(' PAUSED ');
  expect(second).toBe(' 127.0.0.1:6379 · epoll · 2 breakpoints · held at frame · dropped from the trace: 12,345 commands, 678 turns');
});

test.each<[string, Partial<ServerInfo>]>([
  ['127.0.0.1:6379, /run/lab.sock', { addresses: [TCP, { path: '/run/lab.sock' }] }],
  ['[::1]:6379', { addresses: [{ host: '::1', port: 6379 }] }],
  ['127.0.0.1:6380 (6379 is taken)', { addresses: [{ host: '127.0.0.1', port: 6380 }], wantedPort: 6379 }],
  ['portable, readiness emulated', { poller: 'portable' }],
  ['portable, readiness emulated (no epoll here)', { poller: 'portable', pollerFallback: 'no epoll here' }],
  ['epoll, edge-triggered', { edgeTriggered: true }],
  ['epoll, batched sends', { sends: 'batched' }],
  ['no address', { addresses: [] }],
])('it says %s', (text, server) => {
  expect(rows({ server }, 120, 2)[1]).toContain(text);
});

describe('where there is no room', () => {
  const busy: Scenery = { control: { mode: 'paused', heldAt: HELD, breakpoints: [{ command: 'del' }] }, rates: { turn: 1_234_567, connections: 51, droppedCommands: 1_234_567, droppedTurns: 1, droppedSecond: 0 } };

  test.each([
    [200, ' redis-lab  PAUSED  turn 1,234,567 · 127.0.0.1:6379 · 51 connections · 0 cmd/s · epoll · 1 breakpoint · held at frame · dropped from the trace: 1,234,567 commands, 1 turn'],
    [110, '  PAUSED  turn 1,234,567 · 127.0.0.1:6379 · 51 conn · 0 cmd/s · epoll · 1 breakpoint · 1,234,567 dropped'],
    [80, '  PAUSED  turn 1,234,567 · :6379 · 0 cmd/s · epoll · b 1 · 1,234,567 dropped'],
    [60, '  PAUSED  turn 1,234,567 · :6379 · 0 cmd/s · b 1'],
  ])('in %i columns things are said in fewer words, and then left out, but never cut', (width, expected) => {
    expect(oneRow(busy, width)).toBe(expected);
  });

  test('every row has exactly the width, at any size', () => {
    for (const scenery of [{}, busy, { server: { addresses: [{ path: `/run/${'long'.repeat(20)}` }], poller: 'portable' as const, pollerFallback: 'no' } }]) {
      for (let width = 60; width < 220; width++) {
        for (const height of [1, 2] as const) {
          const drawn = header(stateOf(scenery), { theme: COLORED, width, height });
          expect(drawn.map(widthOf)).toEqual(Array.from({ length: height }, () => width));
          expect(drawn.join('')).not.toContain('…');
        }
      }
    }
  });
});

test('the room that is left shows the commands of the last seconds, the newest on the right', () => {
  const state = stateOf({ rates: { second: 4, perSecond: [0, 2, 4], commands: 8 } });
  const [first] = header({ ...state, ui: { ...state.ui, nowMs: 4000 } }, { theme: PLAIN, width: 120, height: 2 });
  expect(first!.trimEnd()).toMatch(/ cmd\/s ▁*▁▅█/);
});
