/**
 * The glossary: every word of the screen, each in two sentences. Used by the help of a pane, `help WORD` and the search in the help.
 *
 *   chapters, one for each pane ──┬──▶ entriesOf(pane)      the help of ?
 *                                 ├──▶ lookUp(word)         help WORD
 *                                 └──▶ searchWords(text)    / in the help
 *
 * A word may be in several chapters, if it has different meanings in different panes.
 */
import { nearest } from '../../../../shared/nearest.js';
import type { Language } from '../../../../shared/language.js';
import { COMMANDS } from './commands.js';
import { type Chapter, type Entry, type Section, SECTIONS } from './entry.js';
import { EVENT_ENTRIES } from './events.js';
import { FRAMES } from './frames.js';
import { KEYSPACE } from './keyspace.js';
import { LAB } from './lab.js';
import { LOOP } from './loop.js';
import { LOOP_OF_PROGRAM, PROGRAM } from './program.js';
import { READINESS } from './readiness.js';
import { REPL } from './repl.js';
import { TOKENS } from './tokens.js';

export type { Chapter, Entry, Section };
export { LOOP_OF_PROGRAM, SECTIONS };

export const GLOSSARY: { readonly [section in Section]: Chapter } = {
  loop: { ...LOOP, entries: [...LOOP.entries, ...EVENT_ENTRIES] },
  tokens: TOKENS,
  readiness: READINESS,
  frames: FRAMES,
  commands: COMMANDS,
  keyspace: KEYSPACE,
  program: PROGRAM,
  repl: REPL,
  lab: LAB,
};

export interface Found {
  readonly section: Section;
  readonly entry: Entry;
}

const ALL: readonly Found[] = SECTIONS.flatMap((section) => GLOSSARY[section].entries.map((entry) => ({ section, entry })));

/** The words of a pane: its own in the order of reading, then words of others that it also shows. */
export function entriesOf(section: Section): readonly Entry[] {
  return [...GLOSSARY[section].entries, ...ALL.flatMap(({ entry }) => (entry.on?.includes(section) === true ? [entry] : []))];
}

/** The explanation of an entry. */
export const meaningOf = (entry: Entry, language: Language): string => entry[language].join(' ');

/** All entries for a word, in any language, exact matches first; empty: it is no word of the screen. */
export function lookUp(word: string): readonly Found[] {
  const wanted = plain(word);
  const isTerm = ({ entry }: Found): number => (plain(entry.term) === wanted ? 0 : 1);
  const found = wanted === '' ? [] : ALL.filter(({ entry }) => namesOf(entry).some((name) => plain(name) === wanted));
  return found.toSorted((a, b) => isTerm(a) - isTerm(b));
}

/** Entries that contain a text: first exact names, then names that begin with it, then the others. */
export function searchWords(text: string, language: Language): readonly Found[] {
  const wanted = plain(text);
  if (wanted === '') return [];
  const rankOf = ({ entry }: Found): number => {
    const names = namesOf(entry).map(plain);
    if (names.includes(wanted)) return 0;
    if (names.some((name) => name.startsWith(wanted))) return 1;
    if (names.some((name) => name.includes(wanted))) return 2;
    return plain(meaningOf(entry, language)).includes(wanted) ? 3 : 4;
  };
  const ranked = ALL.map((found) => ({ found, rank: rankOf(found) })).filter(({ rank }) => rank < 4);
  return ranked.toSorted((a, b) => a.rank - b.rank).map(({ found }) => found);
}

/** Words that may have been meant, the most likely first. @param others further candidates */
export function nearestWords(word: string, others: readonly string[] = []): readonly string[] {
  return nearest(plain(word), [...NAMES, ...others], plain).slice(0, MOST_NEAREST);
}

const MOST_NEAREST = 4;

/** Each part of a term, and its other names. */
export function namesOf({ term, also = [] }: Entry): readonly string[] {
  return [term, ...(term.includes(', ') ? term.split(', ') : []), ...also];
}

const NAMES: readonly string[] = [...new Set(ALL.flatMap(({ entry }) => namesOf(entry)))];

/** Words that can be completed after `help`, without marks and whole phrases. */
export const TYPED_WORDS: readonly string[] = NAMES.filter((name) => /^[A-Za-z][A-Za-z-]{2,}$/.test(name)).toSorted();

/** Case, blanks and hyphens are ignored: `wouldblock`, `level triggered`. */
const plain = (word: string): string => word.toLowerCase().replaceAll(/(?<=\p{L})[\s_-]+(?=\p{L})/gu, '').trim();
