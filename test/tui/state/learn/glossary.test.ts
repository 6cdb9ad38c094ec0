/** The glossary: two sentences for each word, in each language, and ways to find them. */
import { describe, expect, test } from 'vitest';
import { TRACE_EVENTS } from '../../../../src/server/index.js';
import { entriesOf, GLOSSARY, lookUp, namesOf, nearestWords, searchWords, SECTIONS, TYPED_WORDS } from '../../../../src/tui/state/learn/glossary/index.js';
import { LANGUAGES } from '../../../../src/shared/language.js';

const ALL = SECTIONS.flatMap((section) => GLOSSARY[section].entries.map((entry) => ({ section, entry })));

/** Ends of sentences, but those of questions within quotes. */
const endsOf = (text: string): number => text.replaceAll(/"[^"]*"/g, 'quoted').match(/[.?!](?=\s|$)/g)?.length ?? 0;

const HANGUL = /\p{Script=Hangul}/u;

describe.each(LANGUAGES)('in %s', (language) => {
  test('each word has exactly two whole sentences', () => {
    expect(ALL.length).toBeGreaterThan(100);
    const wrong = ALL.flatMap(({ entry }) => entry[language].filter((sentence) => endsOf(sentence) !== 1 || !/\S[.?!]$/.test(sentence)));
    expect(wrong).toEqual([]);
    expect(ALL.filter(({ entry }) => entry[language][0] === entry[language][1])).toEqual([]);
  });

  test('the texts are in that language', () => {
    const texts = [...SECTIONS.map((section) => GLOSSARY[section].about[language]), ...ALL.flatMap(({ entry }) => entry[language])];
    expect(texts.filter((text) => HANGUL.test(text) !== (language === 'ko'))).toEqual([]);
  });
});

test('a word that occurs twice in a pane is explained once', () => {
  for (const section of SECTIONS) {
    const terms = entriesOf(section).map(({ term }) => term);
    expect(terms.filter((term, i) => terms.indexOf(term) !== i)).toEqual([]);
  }
});

test.each([
  'WouldBlock', 'EAGAIN', 'interest', 'readiness', 'token', 'parked', 'ghost', 'partial frame', 'waker', 'listener', 'lazy expiry', 'active expiry', 'level-triggered', 'edge-triggered',
  'backpressure', 'head-of-line', 'turn', 'phase', 'poll.wait', 'event', 'frame', 'RESP', 'output buffer', 'query buffer', 'TTL', 'expire cycle', 'eviction', 'history', 'twin', 'fork',
  'defect', 'fault', 'hold', 'breakpoint', 'BUSY', 'event loop', 'non-blocking', 'epoll', 'backlog', 'pipelining', 'virtual clock', 'LIVE', 'PAUSED', 'SLOW', 'HISTORY', 'cmd/s', 'p99', 'zoom',
  ...Object.keys(TRACE_EVENTS), ...Object.keys(TRACE_EVENTS).map((kind) => `event ${kind}`),
])('%s is found', (word) => {
  expect(lookUp(word)).not.toEqual([]);
  expect(lookUp(word.toUpperCase())).toEqual(lookUp(word));
});

test.each([['wouldblock', 'WouldBlock'], ['would block', 'WouldBlock'], ['level triggered', 'level-triggered'], ['토큰', 'token'], ['에지 트리거', 'edge-triggered'], ['lazy', 'expired: lazy']])(
  '"%s" asks for %s',
  (asked, term) => {
    expect(lookUp(asked).map(({ entry }) => entry.term)).toContain(term);
  },
);

test('a word that panes use in different senses is found in all of them', () => {
  expect(lookUp('filter').map(({ section }) => section)).toEqual(['tokens', 'readiness', 'frames', 'commands', 'keyspace']);
});

test.each([['wakker', 'WAKER'], ['backpresure', 'backpressure'], ['edge-trigered', 'edge-triggered'], ['tunr', 'turn']])('the nearest to %s is %s', (mistyped, meant) => {
  expect(lookUp(mistyped)).toEqual([]);
  expect(nearestWords(mistyped)).toContain(meant);
});

test('an unknown word has no similar words, and an empty text is not a word', () => {
  expect(nearestWords('qqqqqqqqqqqqq')).toEqual([]);
  expect([lookUp(''), lookUp(' '), searchWords(' ', 'en')]).toEqual([[], [], []]);
});

test('a search begins with the words that are called so', () => {
  const terms = searchWords('token', 'en').map(({ entry }) => entry.term);
  expect(terms[0]).toBe('token');
  expect(terms.length).toBeGreaterThan(5);
  expect(searchWords('커널', 'ko').length).toBeGreaterThan(5);
});

test('each word that help accepts is found', () => {
  expect(TYPED_WORDS.length).toBeGreaterThan(80);
  expect(TYPED_WORDS.filter((word) => lookUp(word).length === 0)).toEqual([]);
  expect(ALL.flatMap(({ entry }) => namesOf(entry)).filter((name) => lookUp(name).length === 0)).toEqual([]);
});
