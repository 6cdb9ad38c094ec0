/**
 * The help of the focused pane: its purpose, its words, and the table of keys; or found words of the glossary.
 */
import { bindingsOf, KEYMAP, type Binding, type Group, type Intent } from '../keymap.js';
import { type Chapter, entriesOf, GLOSSARY, meaningOf, nearestWords, searchWords } from '../state/learn/glossary/index.js';
import type { InLanguages, Language } from '../../shared/language.js';
import { LINE_KEYS } from '../state/repl/line-keys.js';
import { keyName } from './footer.js';
import type { Pane, Size } from './pane.js';
import { fit, row, width as widthOf } from './text.js';
import type { Theme } from './theme.js';

const ENGLISH = {
  keys: 'Keys',
  keysBehindEsc: 'Keys of the panes, after Esc',
  groups: { Time: 'Time', History: 'History', Panes: 'Panes', 'This pane': 'This pane', Experiment: 'Experiments', Lab: 'Lab' },
  nothing: 'No word of the screen contains that.',
  nearest: (words: string) => `Similar words: ${words}`,
};

const KOREAN: typeof ENGLISH = {
  keys: '키',
  keysBehindEsc: '창의 키 (Esc를 누른 뒤)',
  groups: { Time: '시간', History: '히스토리', Panes: '창', 'This pane': '이 창', Experiment: '실험', Lab: 'Lab' },
  nothing: '그 글자가 들어 있는 단어나 설명이 없습니다.',
  nearest: (words) => `비슷한 단어: ${words}`,
};

const TEXTS: InLanguages<typeof ENGLISH> = { en: ENGLISH, ko: KOREAN };

const GROUPS: readonly Group[] = ['Time', 'History', 'Panes', 'This pane', 'Lab'];

/** What the help is to show. */
export interface HelpView {
  readonly pane: Pane;
  readonly language: Language;
  /** In place of the words of the pane; left out: its own. */
  readonly chapter?: Chapter;
  /** The search text for words of all panes; empty: the help of the pane is shown. */
  readonly search: string;
}

/** Exactly `size.height` rows of exactly `size.width` columns. */
export function help(view: HelpView, scroll: number, theme: Theme, size: Size): string[] {
  const lines = helpLines(view, theme, size.width).slice(scroll, scroll + size.height);
  return Array.from({ length: size.height }, (_, i) => lines[i] ?? ' '.repeat(size.width));
}

/** How far it can be scrolled. */
export function helpLimit(view: HelpView, theme: Theme, size: Size): number {
  return Math.max(0, helpLines(view, theme, size.width).length - size.height);
}

/** Longer terms are on a line of their own. */
const TERM_COLUMNS = 22;

function helpLines({ pane, language, search, chapter }: HelpView, theme: Theme, width: number): string[] {
  if (search.trim() !== '') return foundLines(search, language, theme, width);
  const about = wrapWords((chapter ?? GLOSSARY[pane.help]).about[language], width - 2).map((line) => row(width, ' ', line));
  const words = (chapter?.entries ?? entriesOf(pane.help)).flatMap((entry) => entryLines(entry.term, meaningOf(entry, language), TERM_COLUMNS, theme, width));
  const keys = GROUPS.flatMap((group) => groupLines(group, pane, language, theme, width));
  return [...about, row(width), ...glance(pane, language, theme, width), row(width), ...words, row(width), ...keys];
}

/** Words that contain the text; if there are none, similar ones. */
function foundLines(search: string, language: Language, theme: Theme, width: number): string[] {
  const found = searchWords(search, language);
  if (found.length > 0) return found.flatMap(({ entry }) => entryLines(entry.term, meaningOf(entry, language), TERM_COLUMNS, theme, width));
  const texts = [TEXTS[language].nothing, ...nearestLine(search, language)];
  return texts.flatMap((text) => wrapWords(text, width - 2)).map((line) => row(width, ' ', theme.dim(line)));
}

function nearestLine(search: string, language: Language): readonly string[] {
  const words = nearestWords(search);
  return words.length === 0 ? [] : [TEXTS[language].nearest(words.join(', '))];
}

/** The keys that users look for first, in the order of reading. The tables below are complete. */
const FIRST_KEYS: readonly Intent[] = [
  'focus-pane', 'focus-next', 'zoom', 'open', 'filter', 'sort', 'follow', 'live', 'toggle-pause', 'step-event', 'step-command', 'step-turn',
  'back-event', 'breakpoint', 'spell', 'help', 'quit',
];

/** The keys of all panes at a glance. */
function glance(pane: Pane, language: Language, theme: Theme, width: number): string[] {
  const named = FIRST_KEYS.flatMap((intent) => KEYMAP.filter((binding) => binding.intent === intent && binding.contexts.includes('panes')));
  const labels = new Map<string, string[]>();
  for (const { shown, label } of named) labels.set(shown, [...new Set([...(labels.get(shown) ?? []), label[language]])]);
  // Labels of the same keys stay on one row.
  const items = [...labels].map(([shown, texts]) => ({ key: keyName(shown, theme), label: texts.join(', ') }));
  const rows: string[][] = [[]];
  let taken = 1;
  for (const { key, label } of items) {
    const wide = widthOf(key) + 1 + widthOf(label) + 2;
    if (taken + wide > width && rows.at(-1)!.length > 0) {
      rows.push([]);
      taken = 1;
    }
    rows.at(-1)!.push(`${theme.strong(key)} ${label}  `);
    taken += wide;
  }
  const title = pane.id === 'repl' ? TEXTS[language].keysBehindEsc : TEXTS[language].keys;
  return [row(width, ' ', theme.title(title)), ...rows.map((parts) => row(width, ' ', parts.join('').trimEnd()))];
}

function groupLines(group: Group, pane: Pane, language: Language, theme: Theme, width: number): string[] {
  const bindings = bindingsOf(pane, pane.id === 'repl' ? 'console' : 'panes').filter((binding) => binding.group === group);
  const entries = bindings.map((binding) => ({ keys: keysOf(binding, theme), label: (binding.meaning ?? binding.label)[language] }));
  // The console's own keys are those of its line.
  const own = pane.id === 'repl' && group === 'This pane' ? LINE_KEYS.map(({ shown, label }) => ({ keys: keyName(shown, theme), label: label[language] })) : [];
  const all = [...own, ...entries];
  if (all.length === 0) return [];
  const title = row(width, ' ', theme.title(TEXTS[language].groups[group]));
  return [title, ...all.flatMap(({ keys, label }) => entryLines(keys, label, 16, theme, width)), row(width)];
}

const NAMES: { readonly [key: string]: string } = {
  space: 'Space', escape: 'Esc', enter: 'Enter', end: 'End', home: 'Home', pageup: 'PgUp', pagedown: 'PgDn', tab: 'Tab',
  left: '←', right: '→', up: '↑', down: '↓',
};

function keysOf({ keys, shown }: Binding, theme: Theme): string {
  if (keys.length > 3 || shown.includes(' ')) return keyName(shown, theme);
  const partName = (part: string, isJoined: boolean): string => NAMES[part] ?? (part.length > 1 || isJoined ? part[0]!.toUpperCase() + part.slice(1) : part);
  const nameOf = (key: string): string => key.split('+').map((part) => partName(part, key.startsWith('ctrl+'))).join('-');
  const names = keys.map(nameOf).map((name) => (name === '-' ? '+' : name));
  return keyName(keys.includes('+') || keys.includes('-') ? keys.join(' ') : names.join(' '), theme);
}

function entryLines(term: string, meaning: string, termWidth: number, theme: Theme, width: number): string[] {
  const fits = widthOf(term) < termWidth;
  const lines = wrapWords(meaning, Math.max(8, width - termWidth - 3));
  const head = fits ? [] : [row(width, '  ', theme.strong(fit(term, width - 2)))];
  return [...head, ...lines.map((line, i) => row(width, '  ', i === 0 && fits ? theme.strong(fit(term, termWidth)) : ' '.repeat(termWidth), line))];
}

/** Breaks at spaces; a word longer than the width is cut. */
function wrapWords(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').map((each) => (widthOf(each) > width ? fit(each, width) : each))) {
    if (line !== '' && widthOf(line) + 1 + widthOf(word) > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
