import { expect, test } from 'vitest';
import { bindingsNow, intentOf, KEYMAP } from '../../src/tui/keymap.js';
import { History } from '../../src/tui/state/history.js';
import { PANE_IDS } from '../../src/tui/state/pane-id.js';
import { initialState, reduce, type Action } from '../../src/tui/state/reduce.js';
import type { State } from '../../src/tui/state/state.js';
import { KeyDecoder } from '../../src/tui/terminal/decoder.js';
import { footer } from '../../src/tui/view/footer.js';
import { help, helpLimit } from '../../src/tui/view/help.js';
import type { Pane, Size } from '../../src/tui/view/pane.js';
import { commandsPane } from '../../src/tui/view/panes/commands.js';
import { PANES } from '../../src/tui/view/panes/index.js';
import { width as widthOf } from '../../src/tui/view/text.js';
import { createTheme } from '../../src/tui/view/theme.js';

const theme = createTheme({ palette: 'plain', ascii: false });
const INFO = { addresses: [], poller: 'epoll', edgeTriggered: false, pollerFallback: null, wantedPort: null, version: 'test' } as const;

function after(...actions: Action[]): State {
  return actions.reduce(reduce, initialState(INFO, new History().newest));
}

function press(text: string, state: State): string | null {
  const decoder = new KeyDecoder();
  return intentOf([...decoder.push(text, 0), ...decoder.flush(0)][0]!, state, PANES[state.ui.focus]);
}

function wholeHelp(pane: Pane, size: Size): string {
  const view = { pane, language: 'en', search: '' } as const;
  return Array.from({ length: helpLimit(view, theme, size) + 1 }, (_, scroll) => help(view, scroll, theme, size).join('\n')).join('\n');
}

const atLoop = after({ type: 'focus', pane: 'loop' });

test.each([
  [' ', 'toggle-pause'],
  ['e', 'step-event'],
  ['\x1b[D', 'back-event'],
  ['\x1b[1;2D', 'back-turn'],
  ['3', 'focus-pane'],
  ['z', 'zoom'],
  ['?', 'help'],
  ['q', 'quit'],
  ['x', null],
])('among the panes %j is %s', (text, intent) => {
  expect(press(text, atLoop)).toBe(intent);
});

test.each([
  [' ', 'toggle-pause', 'leave history'],
  ['e', 'forward-event', 'forward'],
  ['h', 'forward-phase', 'a phase'],
  ['c', 'forward-command', 'a command'],
  ['t', 'forward-turn', 'a turn'],
  ['r', 'forward-request', 'to the next request'],
  ['\x1b[C', 'forward-event', 'forward'],
  ['-', null, ''],
  ['+', null, ''],
])('in the history %j is %s: no key moves the loop without a question', (text, intent, label) => {
  const inHistory = reduce(atLoop, { type: 'show-moment', model: new History().newest, nowMs: 0, moment: { turn: 1, event: 1 }, position: { at: 1, of: 2 } });
  expect(press(text, inHistory)).toBe(intent);
  if (intent !== null) expect(bindingsNow(inHistory, PANES.loop)).toContainEqual(expect.objectContaining({ intent, label: expect.objectContaining({ en: label }), group: 'History' }));
  // What it is without a history is another thing.
  if (text !== ' ') expect(press(text, atLoop)).not.toBe(intent);
});

test('a question is answered only by y, and its keys are shown beside it', () => {
  const asked = reduce(atLoop, { type: 'ask', question: { text: 'Leave the lab', intent: 'quit' } });
  expect(['y', 'n', '\x1b', ' ', 'q', '\r'].map((key) => press(key, asked))).toEqual(['yes', 'no', 'no', null, null, null]);
  for (const width of [60, 80, 200]) expect(footer(asked, PANES.loop, theme, width).trimEnd()).toBe(' Leave the lab?  y yes  n no');
  const long = reduce(atLoop, { type: 'ask', question: { text: 'x'.repeat(300), intent: 'quit' } });
  expect(footer(long, PANES.loop, theme, 60)).toMatch(/^ x+…  y yes  n no +$/);
});

test('in the REPL, letters are not keys of the lab', () => {
  for (const key of 'abcdefghijklmnopqrstuvwxyz0123456789 ?/[]+-') expect(press(key, after())).toBeNull();
});

test('no key has two meanings at once', () => {
  const states = [after(), atLoop, after({ type: 'focus', pane: 'keyspace' }), reduce(atLoop, { type: 'open-help' }), reduce(atLoop, { type: 'open-prompt', kind: 'breakpoint' }), reduce(atLoop, { type: 'ask', question: { text: '', intent: 'quit' } }),
    reduce(atLoop, { type: 'show-moment', model: new History().newest, nowMs: 0, moment: { turn: 1, event: 1 }, position: { at: 1, of: 2 } })];
  for (const state of states) {
    // Esc and End undo what is nearest: their order is their meaning.
    const keys = bindingsNow(state, PANES[state.ui.focus]).flatMap((binding) => binding.keys).filter((key) => key !== 'escape' && key !== 'end' && key !== 'enter');
    expect(keys.filter((key, i) => keys.indexOf(key) !== i)).toEqual([]);
  }
});

test('each key of the panes is in the help of a pane', () => {
  const size = { width: 100, height: 30 };
  const all = [...Object.values(PANES), commandsPane].map((pane) => wholeHelp(pane, size)).join('\n');
  const words = all.replaceAll(/\s+/g, ' ');
  for (const { label, meaning } of KEYMAP.filter(({ contexts }) => contexts.includes('panes'))) expect(words).toContain((meaning ?? label).en);
});

test('nothing is hidden: a footer with enough room shows every key that can be pressed now', () => {
  const panes = PANE_IDS.map((pane) => after({ type: 'focus', pane }));
  const open: Action = { type: 'open-row', rows: ['a'], length: 1, offset: 0 };
  const others = [
    after({ type: 'focus', pane: 'frames' }, open), after({ type: 'focus', pane: 'frames' }, open, { type: 'move-to-byte', byte: 1, cursor: 0 }),
    after({ type: 'focus', pane: 'readiness' }, { type: 'scroll', by: -1, length: 9, forgotten: 0 }), after({ type: 'focus', pane: 'repl' }, { type: 'scroll', by: -1, length: 9, forgotten: 0 }),
    after({ type: 'focus', pane: 'loop' }, { type: 'show-moment', model: new History().newest, nowMs: 0, moment: { turn: 1, event: 1 }, position: { at: 1, of: 2 } }),
  ];
  for (const state of [...panes, ...others]) {
    const pane = PANES[state.ui.focus];
    const row = footer(state, pane, theme, 600);
    // Of two that a key has now, the first counts.
    const first = bindingsNow(state, pane).filter(({ shown }, i, all) => all.findIndex((other) => other.shown === shown) === i);
    expect(first.filter(({ shown, label }) => !row.includes(`${shown} ${label.en}`)).map(({ shown }) => shown)).toEqual([]);
    // What has no room stands in the help, whose key always has some.
    expect(footer(state, pane, theme, 60)).toMatch(/ (\?|F1) help/);
  }
});

test('keys do what the footer shows', () => {
  const state = after({ type: 'focus', pane: 'frames' }, { type: 'open-row', rows: ['a'], length: 1, offset: 0 });
  expect([press('\x1b[F', state), press('x', state), press('\r', state)]).toEqual(['follow', 'to-bytes', 'close']);
  const inBytes = reduce(state, { type: 'move-to-byte', byte: 1, cursor: 0 });
  expect([press('\x1b[C', inBytes), press('\x1b[D', inBytes), press('x', inBytes)]).toEqual(['byte-after', 'byte-before', 'to-rows']);
  const scrolled = after({ type: 'scroll', by: -1, length: 9, forgotten: 0 });
  expect([press('\x1b[F', scrolled), press('\x1b[F', after())]).toEqual(['follow', null]);
});

test('in the history the REPL shows how to return: End on an empty line, and Esc twice', () => {
  const inHistory = after({ type: 'show-moment', model: new History().newest, nowMs: 0, moment: { turn: 1, event: 1 }, position: { at: 1, of: 2 } });
  expect([press('\x1b[F', inHistory), press('\x1b', inHistory)]).toEqual(['live', 'leave-console']);
  for (const width of [80, 120]) expect(footer(inHistory, PANES.repl, theme, width)).toMatch(/Esc to the panes, again LIVE {2}End LIVE/);
  const typing = { ...inHistory, repl: { ...inHistory.repl, input: 'GET' } };
  expect(press('\x1b[F', typing)).toBeNull();
  expect(footer(typing, PANES.repl, theme, 80)).toContain('Esc to the panes, again LIVE');
});

test('a pane without rows is not moved, so that End leads back to LIVE', () => {
  expect([press('\x1b[A', atLoop), press('\x1b[6~', atLoop)]).toEqual([null, null]);
});

test.each([60, 80, 120, 200])('a notice in %i columns leaves the keys as much room as there is', (width) => {
  for (const text of ['pause · u undoes it', 'x'.repeat(57), 'x'.repeat(300)]) {
    const row = footer(reduce(atLoop, { type: 'notice', text }), PANES.loop, theme, width);
    expect(widthOf(row)).toBe(width);
    expect(row).toContain(text.slice(0, width - 2));
  }
  expect(footer(reduce(atLoop, { type: 'notice', text: 'pause' }), PANES.loop, theme, width)).toMatch(/^ pause {2}Space pause, resume .*\? help/);
});

test.each([60, 80, 120, 200])('the footer has exactly %i columns and cuts no key in two', (width) => {
  for (const state of [after(), atLoop]) {
    const row = footer(state, PANES[state.ui.focus], theme, width);
    expect(widthOf(row)).toBe(width);
    expect(row).not.toContain('…');
  }
});
