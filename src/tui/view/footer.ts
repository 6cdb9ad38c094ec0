/**
 * The footer: a notice or a prompt if there is one, otherwise as many of the current keys as fit. The others are in the help.
 */
import { bindingsNow, contextOf, type Binding, type Intent } from '../keymap.js';
import type { InLanguages, Language } from '../../shared/language.js';
import { LINE_KEYS } from '../state/repl/line-keys.js';
import type { Prompt, State } from '../state/state.js';
import { showTyped } from '../state/typed-text.js';
import type { Pane } from './pane.js';
import { fit, row, truncate, truncateStart, width as widthOf } from './text.js';
import type { Theme } from './theme.js';

/** The keys shown first; others follow, in the order of the table. */
const FIRST: readonly Intent[] = [
  'lesson-choose', 'lesson-on', 'lesson-before', 'lesson-after', 'lesson-up', 'lesson-down', 'lesson-close',
  'yes', 'no', 'accept', 'cancel', 'clear-help-search', 'close-help', 'search-help',
  'close-reply', 'search', 'search-next', 'leave-console', 'to-rows', 'byte-before', 'byte-after',
  'to-bytes', 'close', 'live', 'follow', 'clear-filter', 'leave-fork', 'toggle-pause', 'step-event', 'step-command', 'step-turn', 'step-request', 'back-event',
  'forward-event', 'forward-command', 'forward-turn', 'forward-request', 'help', 'focus-next', 'zoom', 'open', 'enter', 'turn', 'filter', 'sort',
  'last-change', 'quit', 'leave', 'breakpoint', 'slower', 'faster', 'take-back',
];

export function footer(state: State, pane: Pane, theme: Theme, width: number): string {
  const { ui } = state;
  if (ui.isLeaving) return row(width, theme.warn(truncate(` ${TEXTS[ui.language].leaving}`, width)));
  if (ui.question !== null) return withKeys(`${ui.question.text}?`, state, pane, theme, width);
  if (ui.prompt !== null) return promptRow(state, theme, width);
  return withKeys(ui.notice ?? '', state, pane, theme, width);
}

/** The text, and as many keys as still fit; those of a question always have room. */
function withKeys(said: string, state: State, pane: Pane, theme: Theme, width: number): string {
  const { language } = state.ui;
  const keys = footerBindings(state, pane).map(({ intent, shown, label }) => ({ intent, shown, label: label[language] }));
  if (said === '') return keysRow(keys, theme, width);
  const shown = truncate(` ${said}`, width - columnsForKeys(state));
  const left = width - widthOf(shown);
  return left < 2 ? row(width, theme.warn(shown)) : row(width, theme.warn(shown), ' ', keysRow(keys, theme, left - 1));
}

/** ` y yes  n no  ` */
const QUESTION_KEYS_COLUMNS = 18;
/** For the first keys of an experiment, which are essential. */
const LESSON_KEYS_COLUMNS = 28;

function columnsForKeys({ ui, lesson }: State): number {
  if (ui.question !== null) return QUESTION_KEYS_COLUMNS;
  return lesson === null ? 0 : LESSON_KEYS_COLUMNS;
}

/** The column of the terminal's cursor while text is typed. */
export function promptColumn({ ui }: State, theme: Theme, width: number): number | null {
  if (ui.prompt === null) return null;
  return widthOf(TEXTS[ui.language].labels[ui.prompt.kind]) + widthOf(promptText(ui.prompt, ui.language, theme, width).before);
}

function footerBindings(state: State, pane: Pane): Binding[] {
  const rank = ({ intent }: Binding): number => (FIRST.includes(intent) ? FIRST.indexOf(intent) : FIRST.length);
  const seen = new Set<string>();
  const named = bindingsNow(state, pane).map(({ shownNow, ...binding }) => ({ ...binding, shown: shownNow?.(state) ?? binding.shown }));
  const now = named.filter(({ shown }) => !seen.has(shown) && seen.add(shown));
  // While the console explains its keys, so does the footer.
  const own = contextOf(state) === 'console' ? CONSOLE_KEYS : [];
  return [...own, ...now.toSorted((a, b) => rank(a) - rank(b))];
}

/** The first of the console's own keys; its help explains all. */
const CONSOLE_KEYS: readonly Binding[] = LINE_KEYS.slice(0, 1).map(({ keys, shown, label }) => ({
  intent: 'accept', keys, shown, label, group: 'This pane', contexts: ['console'],
}));

type ShownKey = Pick<Binding, 'intent' | 'shown'> & { readonly label: string };

/** A narrower footer shows few keys: the relevant ones, and those that get room before the others. */
const NARROW = 80;
const MOST_IN_NARROW = 7;

/** In fewer columns only help gets room before the others. */
const ROOMY = 60;

/** Keys without room are in the help; besides it, newcomers look for the ways back and out. The first of them that fit together get room. */
const ALWAYS: readonly Intent[] = ['help', 'quit', 'back-event'];

function keysRow(bindings: readonly ShownKey[], theme: Theme, width: number): string {
  const parts: string[] = [' '];
  let named = 0;
  const most = width <= NARROW ? MOST_IN_NARROW : Infinity;
  const widthOfKey = ({ shown, label }: ShownKey): number => widthOf(keyName(shown, theme)) + 1 + widthOf(label) + 2;
  const kept = new Set<ShownKey>();
  let left = width - 1;
  for (const binding of ALWAYS.flatMap((intent) => bindings.find((each) => each.intent === intent) ?? [])) {
    if (widthOfKey(binding) > left || (binding.intent !== 'help' && width < ROOMY)) break;
    kept.add(binding);
    left -= widthOfKey(binding);
  }
  for (const binding of bindings) {
    const isKept = kept.has(binding);
    const wide = isKept ? 0 : widthOfKey(binding);
    if (wide > left || (!isKept && named >= most - kept.size)) continue;
    if (!isKept) named++;
    parts.push(theme.strong(keyName(binding.shown, theme)), ' ', theme.dim(binding.label), '  ');
    left -= wide;
  }
  return row(width, ...parts);
}

/** With the theme's arrows. */
export function keyName(shown: string, { glyphs: { keys } }: Theme): string {
  return shown.replace('←', keys.left).replace('→', keys.right).replace('↑', keys.up).replace('↓', keys.down);
}

const ENGLISH = {
  leaving: 'Ctrl-C again leaves the lab',
  labels: { filter: ' filter: ', breakpoint: ' stop at: ', search: ' search: ', word: ' word: ' } satisfies { readonly [kind in Prompt['kind']]: string },
  hints: {
    filter: 'Enter keeps it, Esc discards it',
    breakpoint: 'DEL · user:* · #7 · err · us>1000 · event expire · -1 deletes the first',
    search: 'Enter finds it, then n the next, N the one before',
    word: 'words of all panes; Enter keeps it, Esc discards it',
  } satisfies { readonly [kind in Prompt['kind']]: string },
};

const KOREAN: typeof ENGLISH = {
  leaving: 'Ctrl-C를 한 번 더 누르면 lab을 종료합니다',
  labels: { filter: ' 필터: ', breakpoint: ' 멈출 곳: ', search: ' 검색: ', word: ' 단어: ' },
  hints: {
    filter: 'Enter 적용, Esc 취소',
    breakpoint: 'DEL · user:* · #7 · err · us>1000 · event expire · -1은 첫째 삭제',
    search: 'Enter로 찾고 n은 다음, N은 이전',
    word: '모든 창의 단어를 검색합니다. Enter 적용, Esc 취소',
  },
};

const TEXTS: InLanguages<typeof ENGLISH> = { en: ENGLISH, ko: KOREAN };

/** The visible part of the text around the cursor. */
function promptText(
  { kind, text, cursor }: Prompt,
  language: Language,
  theme: Theme,
  width: number,
): { readonly before: string; readonly after: string } {
  const shown = (part: string): string => showTyped(part, (bytes) => theme.typed(bytes, Infinity));
  const room = Math.max(1, width - widthOf(TEXTS[language].labels[kind]) - 2);
  const [before, after] = [shown(text.slice(0, cursor)), shown(text.slice(cursor))];
  // A little of the text after the cursor stays visible, too.
  const kept = Math.max(1, room - Math.min(widthOf(after), Math.floor(room / 4)));
  const head = widthOf(before) <= kept ? before : `…${truncateStart(before, kept - 1)}`;
  return { before: head, after: truncate(after, room - widthOf(head)) };
}

function promptRow({ ui }: State, theme: Theme, width: number): string {
  const prompt = ui.prompt!;
  const { kind, error } = prompt;
  const label = TEXTS[ui.language].labels[kind];
  const hint = error?.[ui.language] ?? TEXTS[ui.language].hints[kind];
  const { before, after } = promptText(prompt, ui.language, theme, width);
  const shown = before + after;
  const room = width - widthOf(label) - widthOf(shown) - 3;
  const told = room > 8 ? `   ${fit(hint, room)}` : '';
  return row(width, theme.strong(label), error === null ? shown : theme.bad(shown), error === null ? theme.dim(told) : theme.bad(told));
}
