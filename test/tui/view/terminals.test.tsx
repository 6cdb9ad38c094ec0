/** The whole screen on limited terminals: only ASCII, and without colours. */
import { describe, expect, test } from 'vitest';
import { PANE_IDS, type PaneId } from '../../../src/tui/state/pane-id.js';
import { reduceRepl, type ReplAction } from '../../../src/tui/state/repl-reduce.js';
import { initialClient } from '../../../src/tui/state/repl-state.js';
import { reduce, type Action } from '../../../src/tui/state/reduce.js';
import type { State } from '../../../src/tui/state/state.js';
import { cursorOf } from '../../../src/tui/view/screen.js';
import { createTheme } from '../../../src/tui/view/theme.js';
import { drawScreen, SIZES } from '../draw-screen.js';
import { dropped, eventAt } from '../happened.js';
import { stage } from '../scene.js';

const ASCII = createTheme({ palette: 'plain', ascii: true });
const MONOCHROME = createTheme({ palette: 'monochrome', ascii: false });

const bytes = (text: string): string => Buffer.from(text).toString('latin1');
const RUSSIAN = bytes('ключ');
const ACCENTED = bytes('é');

const BUSY = busy();

/** Clients that say everything a pane can show, some of it in other alphabets. */
function busy(): State {
  using scene = stage();
  const client = scene.connect();
  client.ask('SET', RUSSIAN, bytes('日本 👩‍👩‍👧 ＡＢ'), 'PX', '1500');
  client.ask('HSET', `hash:${RUSSIAN}`, RUSSIAN, ACCENTED);
  client.ask('RPUSH', 'list', ...Array.from({ length: 40 }, (_, i) => `${ACCENTED}${i}`));
  client.ask(ACCENTED, ACCENTED);
  client.ask('MGET', ...Array.from({ length: 30 }, () => RUSSIAN));
  scene.connect().send(`BLPOP ${RUSSIAN} 30\r\n`);
  const slow = scene.connect();
  slow.send('*2\r\n$4\r\nECHO\r\n$900\r\n');
  scene.lab.settle();
  scene.take(dropped(12, 3400));
  scene.advance(2000);
  for (let i = 0; i < 3; i++) client.ask('GET', RUSSIAN);
  scene.look();
  return scene.state;
}

const said = (...actions: readonly ReplAction[]): Action => ({ type: 'update-console', repl: actions.reduce(reduceRepl, { ...BUSY.repl, client: { ...initialClient, state: 'ready', address: '127.0.0.1:6379' } }) });

const CONSOLE = said(
  { type: 'lines-received', lines: [{ kind: 'in', client: '', text: 'GET ключ', prompt: '127.0.0.1:6379> ' }, { kind: 'error', client: '', text: '(error) ERR unknown command é' }, { kind: 'note', client: 'a', text: 'closed' }] },
  { type: 'type-text', text: 'SET ключ é' },
);

/** What somebody may have done, by name. */
const SITUATIONS: { [name: string]: readonly Action[] } = {
  'nothing yet': [],
  'typing into the console': [{ type: 'begin' }, CONSOLE],
  searching: [said({ type: 'history-loaded', history: ['SET ключ 1'] }, { type: 'search-history' }, { type: 'type-text', text: 'ключ' })],
  paused: [{ type: 'hold', event: eventAt(0, { kind: 'frame', token: 2, frame: 1, bytes: 30, argv: ['DEL', RUSSIAN], raw: '' }) }],
  stepping: [{ type: 'step', goal: 'event' }],
  'in slow motion': [{ type: 'slow-down', eventsPerSecond: 5 }],
  'in the history': [{ type: 'show-moment', model: BUSY.model, nowMs: 1_700_000_000_000, moment: { turn: 3, event: 1 }, position: { at: 3, of: 12 } }],
  'editing breakpoints': [{ type: 'set-breakpoints', breakpoints: [{ command: 'del', key: RUSSIAN }] }, { type: 'focus', pane: 'loop' }, { type: 'open-prompt', kind: 'breakpoint' }, { type: 'type-prompt', text: `key ${RUSSIAN}`, error: null }],
  'editing a wrong breakpoint': [{ type: 'focus', pane: 'loop' }, { type: 'open-prompt', kind: 'breakpoint' }, { type: 'type-prompt', text: RUSSIAN, error: { en: 'one word too many', ko: '' } }],
  'asking': [{ type: 'focus', pane: 'loop' }, { type: 'ask', question: { text: 'Leave the lab, with 21 clients in it', intent: 'quit' } }],
  'running to a request': [{ type: 'step', goal: { command: 'get', key: RUSSIAN, token: 7 } }],
  'leaving': [{ type: 'ask-to-leave', isLeaving: true }],
  'with a notice': [{ type: 'notice', text: 'something' }],
};
for (const pane of PANE_IDS) {
  const focus: Action = { type: 'focus', pane };
  SITUATIONS[`with the focus on ${pane}`] = [{ type: 'begin' }, focus];
  SITUATIONS[`${pane}, zoomed`] = [focus, { type: 'toggle-zoom' }];
  SITUATIONS[`help of ${pane}`] = [focus, { type: 'open-help' }];
  SITUATIONS[`end of the help of ${pane}`] = [focus, { type: 'open-help' }, { type: 'scroll-help', by: 20, limit: 20 }];
  SITUATIONS[`${pane}, frozen`] = [{ type: 'begin' }, focus, { type: 'scroll', by: -3, length: 20, forgotten: 0 }];
  if (pane !== 'repl') SITUATIONS[`${pane}, filtered`] = [{ type: 'begin' }, focus, { type: 'open-prompt', kind: 'filter' }, { type: 'type-prompt', text: `*${RUSSIAN}`, error: null }];
}
for (const pane of ['frames', 'keyspace', 'tokens'] as const) SITUATIONS[`${pane}, the last row opened`] = [{ type: 'begin' }, { type: 'focus', pane }, { type: 'open-row', rows: rowsOf(pane), length: 1, offset: 0 }];

SITUATIONS['commands instead of frames'] = [{ type: 'begin' }, { type: 'focus', pane: 'frames' }, { type: 'turn', face: 'commands', filter: '' }];

function rowsOf(pane: PaneId): readonly string[] {
  const { frames, keyspace, tokens } = BUSY.model;
  if (pane === 'frames') return frames.rows.items().filter((row) => row.kind === 'request').map(({ seq }) => String(seq));
  return pane === 'keyspace' ? keyspace.rows.map(({ key }) => key) : tokens.rows.sorted().map(({ token }) => String(token));
}

const situation = (name: string): State => SITUATIONS[name]!.reduce(reduce, BUSY);

describe('with --ascii', () => {
  test.for(Object.keys(SITUATIONS))('%s: nothing but ASCII, and the boxes in line', (name) => {
    const state = situation(name);
    for (const size of [...SIZES, { width: 50, height: 12 }]) {
      const rows = drawScreen(state, size, ASCII);
      expect(rows.filter((row) => /[^ -~]/.test(row))).toEqual([]);
      expect(rows.filter((row) => row.length > size.width)).toEqual([]);
      // The boxes still stand below each other: each row between header and footer ends with one.
      if (size.width >= 120) expect(rows.slice(2, -1).filter((row) => row.length < size.width || !/[|+]$/.test(row))).toEqual([]);
    }
  });

  test('values in other alphabets are escaped, as redis-cli does without UTF-8, and cells keep their columns', () => {
    const text = drawScreen(situation('keyspace, zoomed'), { width: 120, height: 40 }, ASCII).join('\n');
    expect(text).toContain(String.raw`\xd0\xba\xd0\xbb\xd1\x8e\xd1\x87`);
    const headers = /^.*\bkey .*value.*$/m.exec(text)![0];
    const row = /^.*hash:.*$/m.exec(text)![0];
    expect(row.indexOf('hash ')).toBe(headers.indexOf('type'));
  });

  test('the cursor is after the typed text, including escapes', () => {
    const state = reduce(situation('typing into the console'), { type: 'toggle-zoom' });
    const size = { width: 200, height: 60 };
    const { row, column } = cursorOf(state, size, ASCII)!;
    expect(drawScreen(state, size, ASCII)[row]!.slice(0, column)).toMatch(/> SET \\xd0\\xba\\xd0\\xbb\\xd1\\x8e\\xd1\\x87 \\xc3\\xa9$/);
  });
});

// oxlint-disable-next-line no-control-regex
const sequencesOf = (rows: readonly string[]): string[] => rows.join('\n').match(/\x1b\[[^m]*m/g) ?? [];

/** Of a row only what is drawn inversely. */
// oxlint-disable-next-line no-control-regex
const inverseParts = (rows: readonly string[]): string[] => [...rows.join('\n').matchAll(/\x1b\[7m(.*?)\x1b\[27m/g)].map(([, text]) => text!.replaceAll(/\x1b\[[^m]*m/g, ''));

describe('with NO_COLOR', () => {
  test.for(Object.keys(SITUATIONS))('%s: nothing has a colour', (name) => {
    const state = situation(name);
    for (const size of SIZES) expect(sequencesOf(drawScreen(state, size, MONOCHROME)).filter((sequence) => !/^\x1b\[(?:0|1|2|4|7|22|24|27)(?:;(?:7|27))?m$/.test(sequence))).toEqual([]);
  });

  test.for(PANE_IDS)('the pane in focus is to be seen: %s', (pane) => {
    for (const size of SIZES) {
      const titles = inverseParts(drawScreen(situation(`with the focus on ${pane}`), size, MONOCHROME)).filter((text) => /^ \d \w/.test(text));
      expect(titles.map((title) => title.trim()[0])).toEqual([String(PANE_IDS.indexOf(pane) + 1)]);
    }
  });

  test('the mode, the line of the loop that runs and the selected row are drawn inversely', () => {
    const rows = drawScreen(situation('frames, the last row opened'), { width: 120, height: 40 }, MONOCHROME);
    const inverse = inverseParts(rows).join('\n');
    for (const part of [' LIVE ', 'poll.wait', '▶*2']) expect(inverse).toContain(part);
    expect(inverseParts(drawScreen(situation('paused'), { width: 120, height: 40 }, MONOCHROME))).toContain(' PAUSED ');
  });
});
