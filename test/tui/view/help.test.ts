/** What ? says: of every pane, each of its columns, words, events and keys, in a sentence or two. */
import { describe, expect, test } from 'vitest';
import { TRACE_EVENTS } from '../../../src/server/index.js';
import { bindingsOf } from '../../../src/tui/keymap.js';
import { PANE_IDS, type PaneId } from '../../../src/tui/state/pane-id.js';
import { LINE_KEYS } from '../../../src/tui/state/repl/line-keys.js';
import { entriesOf, GLOSSARY } from '../../../src/tui/state/learn/glossary/index.js';
import { LANGUAGES, type Language } from '../../../src/shared/language.js';
import { help, helpLimit, type HelpView } from '../../../src/tui/view/help.js';
import { PANES } from '../../../src/tui/view/panes/index.js';
import { readinessWords } from '../../../src/tui/view/parts/names.js';
import { width as widthOf } from '../../../src/tui/view/text.js';
import { COLORED, PLAIN, stage } from '../scene.js';

const SIZE = { width: 110, height: 30 };

const viewOf = (id: PaneId, language: Language = 'en', search = ''): HelpView => ({ pane: PANES[id], language, search });

/** All of it, from the first line to the last that can be scrolled to. */
function wholeHelp(view: HelpView): string {
  const limit = helpLimit(view, PLAIN, SIZE);
  const pages = Math.floor(limit / SIZE.height) + 2;
  return Array.from({ length: pages }, (_, page) => help(view, page * SIZE.height, PLAIN, SIZE).join('\n')).join('\n');
}

/** The words that have an entry of their own. */
const termsOf = (id: PaneId): string[] => entriesOf(PANES[id].help).flatMap(({ term }) => term.split(/, |[ ()]/));

describe.each(PANE_IDS)('%s', (id) => {
  test.each(LANGUAGES)('describes the pane and explains each of its words, in %s', (language) => {
    const text = wholeHelp(viewOf(id, language)).replaceAll(/\s+/g, ' ');
    const { about } = GLOSSARY[PANES[id].help];
    const sentences = [about[language], ...entriesOf(PANES[id].help).flatMap((entry) => entry[language])];
    expect(sentences.length).toBeGreaterThan(10);
    expect(sentences.filter((sentence) => !text.includes(sentence.replaceAll(/\s+/g, ' ')))).toEqual([]);
  });

  test.each([60, 80, 110])('names the keys that lead around on its first page, at %i columns', (columns) => {
    const page = help(viewOf(id), 0, PLAIN, { width: columns - 2, height: 20 }).join(' ').replaceAll(/ +/g, ' ');
    for (const key of ['1-6 pane', 'Tab next pane', 'z zoom', 'Enter open', '/ filter', 'End follow again, LIVE', 'Space pause, resume', 'q quit']) expect(page).toContain(key);
  });

  test.each(LANGUAGES)('explains every key that it ever has, in %s', (language) => {
    const text = wholeHelp(viewOf(id, language)).replaceAll(/\s+/g, ' ');
    const keys = [...bindingsOf(PANES[id], id === 'repl' ? 'console' : 'panes'), ...(id === 'repl' ? LINE_KEYS : [])];
    expect(keys.filter((key) => !text.includes((('meaning' in key ? key.meaning : undefined) ?? key.label)[language])).map(({ shown }) => shown)).toEqual([]);
  });

  test.each(LANGUAGES)('fills its rows exactly, and can be scrolled to its last line and no further, in %s', (language) => {
    const view = viewOf(id, language);
    const limit = helpLimit(view, COLORED, SIZE);
    for (let scroll = 0; scroll <= limit; scroll += SIZE.height) {
      expect(help(view, scroll, COLORED, SIZE).map(widthOf)).toEqual(Array.from({ length: SIZE.height }, () => SIZE.width));
    }
    expect(help(view, limit, PLAIN, SIZE).join('')).toContain('Ctrl-C');
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

test('a search shows the words of all panes that contain it, or the most similar ones', () => {
  const found = wholeHelp(viewOf('keyspace', 'en', 'eagain'));
  expect(found).toMatch(/^ {2}WouldBlock /m);
  expect(found).not.toContain('listpack');
  expect(wholeHelp(viewOf('keyspace', 'ko', 'eagain'))).toContain('논블로킹 호출');
  expect(wholeHelp(viewOf('keyspace', 'en', 'wouldblokc'))).toContain('WouldBlock');
});

test('so is every event of the trace', () => {
  const terms = entriesOf('loop').map(({ term }) => term);
  expect(Object.keys(TRACE_EVENTS).filter((kind) => !terms.includes(`event ${kind}`))).toEqual([]);
});
