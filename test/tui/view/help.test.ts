/** What ? says: of every pane, each of its columns, words, events and keys, in a sentence or two. */
import { describe, expect, test } from 'vitest';
import { TRACE_EVENTS } from '../../../src/server/index.js';
import { bindingsOf } from '../../../src/tui/keymap.js';
import { PANE_IDS, type PaneId } from '../../../src/tui/state/pane-id.js';
import { LINE_KEYS } from '../../../src/tui/state/repl/line-keys.js';
import { help, helpLimit } from '../../../src/tui/view/help.js';
import { PANES } from '../../../src/tui/view/panes/index.js';
import { readinessWords } from '../../../src/tui/view/parts/names.js';
import { width as widthOf } from '../../../src/tui/view/text.js';
import { COLORED, PLAIN, stage } from '../scene.js';

const SIZE = { width: 110, height: 30 };

/** All of it, from the first line to the last that can be scrolled to. */
function wholeHelp(id: PaneId): string {
  const limit = helpLimit(PANES[id], PLAIN, SIZE);
  return Array.from({ length: limit + 1 }, (_, scroll) => help(PANES[id], scroll, PLAIN, SIZE).join('\n')).join('\n');
}

/** The words that have an entry of their own. */
const termsOf = (id: PaneId): string[] => PANES[id].help.entries.flatMap(({ term }) => term.split(/, |[ ()]/));

const sentences = (text: string): number => text.match(/[.?!]["']?(?=\s|$)/g)?.length ?? 0;

describe.each(PANE_IDS)('%s', (id) => {
  test('says what it is, and each thing in one or two whole sentences', () => {
    expect(sentences(PANES[id].help.about)).toBeGreaterThan(0);
    const entries = [...PANES[id].help.entries].filter(({ term }) => !term.startsWith('event '));
    expect(entries.filter(({ meaning }) => sentences(meaning) < 1 || sentences(meaning) > 2 || !/[.?!]["']?$/.test(meaning))).toEqual([]);
  });

  test.each([60, 80, 110])('names the keys that lead around on its first page, at %i columns', (columns) => {
    const page = help(PANES[id], 0, PLAIN, { width: columns - 2, height: 20 }).join(' ').replaceAll(/ +/g, ' ');
    for (const key of ['1-6 pane', 'Tab next pane', 'z zoom', 'Enter open', '/ filter', 'End follow again, LIVE', 'Space pause, resume', 'q quit']) expect(page).toContain(key);
  });

  test('explains every key that it ever has', () => {
    const text = wholeHelp(id).replaceAll(/\s+/g, ' ');
    const keys = [...bindingsOf(PANES[id], id === 'repl' ? 'console' : 'panes'), ...(id === 'repl' ? LINE_KEYS : [])];
    expect(keys.filter((key) => !text.includes(('meaning' in key ? key.meaning : undefined) ?? key.label)).map(({ shown }) => shown)).toEqual([]);
  });

  test('fills its rows exactly, and can be scrolled to its last line and no further', () => {
    const limit = helpLimit(PANES[id], COLORED, SIZE);
    for (const scroll of [0, limit]) expect(help(PANES[id], scroll, COLORED, SIZE).map(widthOf)).toEqual(Array.from({ length: SIZE.height }, () => SIZE.width));
    expect(help(PANES[id], limit, PLAIN, SIZE).join('')).toContain('Ctrl-C twice');
  });
});

test.each(['tokens', 'frames', 'keyspace'] as const)('the columns of %s are explained', (id) => {
  using scene = stage();
  const [header] = scene.draw(PANES[id], { width: 180, height: 3 });
  const columns = header!.trim().split(/ +/);
  expect(columns.length).toBeGreaterThan(4);
  expect(columns.filter((column) => !termsOf(id).includes(column))).toEqual([]);
});

test('so are the states of tokens, and what they can be ready for', () => {
  const states = ['idle', 'ready', 'reading', 'decoding', 'executing', 'replying', 'writing', 'write-blocked', 'parked', 'subscribed', 'monitor', 'MULTI', 'LISTENER', 'WAKER'];
  expect(states.filter((state) => !termsOf('tokens').includes(state))).toEqual([]);
  const readiness = readinessWords(31, ' ').split(' ');
  expect(readiness.filter((word) => !termsOf('readiness').includes(word))).toEqual([]);
});

test('so is every event of the trace, in the words of its own table', () => {
  const terms = PANES.loop.help.entries.map(({ term }) => term);
  expect(Object.keys(TRACE_EVENTS).filter((kind) => !terms.includes(`event ${kind}`))).toEqual([]);
});
