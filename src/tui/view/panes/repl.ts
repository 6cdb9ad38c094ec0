/**
 * The REPL pane: the transcript with the newest line at the bottom, the line being typed, and below it a row with an error, completions, or what the client
 * waits for.
 *
 *   127.0.0.1:6379> SET greeting hello EX 60
 *   OK
 *   127.0.0.1:6379> EXPIRE greet|ing seconds [NX | XX | GT | LT]        the hint is dim
 *   EXPIRE takes at least 2 arguments: …                                red; or candidates, or what the client waits for
 */
import { FIRST_COMMAND } from '../../state/learn/first-minute.js';
import type { InLanguages, Language } from '../../../shared/language.js';
import type { State } from '../../state/state.js';
import { promptOf, type ReplLine, type ReplState } from '../../state/repl-state.js';
import { showTyped, toBytes } from '../../state/typed-text.js';
import type { Pane, PaneContext, Size } from '../pane.js';
import { frozenBadge } from '../parts/frozen.js';
import { lessonRows, lessonTitle } from '../parts/lesson.js';
import { breakAnywhere } from '../parts/wrap.js';
import { fit, row, truncate, width as widthOf } from '../text.js';
import type { Style, Theme } from '../theme.js';

/** Of several forms of a text, the longest comes first. */
const ENGLISH = {
  clients: (count: number) => `${count} clients`,
  search: '(search) ',
  reverseSearch: '(reverse-i-search) ',
  searching: 'Enter runs it, Ctrl-R finds an older one, Esc leaves',
  idle: 'Tab completes, Ctrl-R searches, help explains',
  beginsAbove: 'PgUp scrolls: it begins further up',
  connecting: 'connecting',
  aCommand: 'a command',
  waits: (command: string) => `${command} waits`,
  held: (what: string): readonly string[] => [
    `${what}the loop is paused. Esc, then e c t step it, Space resumes it`,
    `${what}the loop is paused: Esc, then e steps, Space resumes`,
    `${what}loop paused: Esc, then e or Space`,
    'loop paused: Esc, then e or Space',
    'paused: Esc e, Esc Space',
  ],
  past: ['this is the history: commands are answered as of that moment', 'history: answers as of that moment', 'answers of that moment'] as readonly string[],
  readingPaused: 'reading is paused: resume-reading resumes it',
  waiting: (command: string): readonly string[] => [`${command} waits for its reply; Ctrl-C leaves it`, `${command} waits; Ctrl-C leaves it`],
  waitingBefore: (command: string, behind: number): readonly string[] => [
    `${command} waits for its reply, ${behind} more behind it; Ctrl-C leaves it`,
    `${command} waits, ${behind} behind it; Ctrl-C leaves`,
    `${command} waits; Ctrl-C leaves it`,
  ],
  subscribed: ['subscribed: messages appear as they come; Ctrl-C leaves', 'subscribed; Ctrl-C leaves'],
  monitor: ['MONITOR shows every command; Ctrl-C leaves', 'MONITOR; Ctrl-C leaves'],
};

type Texts = typeof ENGLISH;

const KOREAN: Texts = {
  clients: (count) => `클라이언트 ${count}개`,
  search: '(검색) ',
  reverseSearch: '(입력 기록 검색) ',
  searching: 'Enter 실행, Ctrl-R 더 오래된 것, Esc 나가기',
  idle: 'Tab 완성, Ctrl-R 검색, help 설명',
  beginsAbove: 'PgUp으로 스크롤: 앞부분이 위에 있습니다',
  connecting: '접속 중',
  aCommand: '명령',
  waits: (command) => `${command} 대기 중`,
  held: (what) => [
    `${what}루프가 멈춰 있습니다. Esc를 누른 뒤 e c t로 진행, Space로 재개`,
    `${what}루프가 멈춤: Esc 뒤 e로 진행, Space로 재개`,
    `${what}루프 멈춤: Esc 뒤 e 또는 Space`,
    '루프 멈춤: Esc 뒤 e 또는 Space',
    '멈춤: Esc e, Esc Space',
  ],
  past: ['히스토리를 보는 중: 명령은 그때의 상태로 응답합니다', '히스토리: 그때의 응답입니다', '그때의 응답'],
  readingPaused: '읽기 멈춤: resume-reading으로 재개',
  waiting: (command) => [`${command}의 응답을 기다립니다. Ctrl-C로 나가기`, `${command} 대기, Ctrl-C로 나가기`],
  waitingBefore: (command, behind) => [
    `${command}의 응답을 기다립니다. 뒤에 ${behind}개 더 있음, Ctrl-C로 나가기`,
    `${command} 대기, 뒤에 ${behind}개, Ctrl-C로 나가기`,
    `${command} 대기, Ctrl-C로 나가기`,
  ],
  subscribed: ['구독 중입니다. 메시지가 오면 표시됩니다. Ctrl-C로 나가기', '구독 중, Ctrl-C로 나가기'],
  monitor: ['MONITOR가 모든 명령을 보여 줍니다. Ctrl-C로 나가기', 'MONITOR, Ctrl-C로 나가기'],
};

const TEXTS: InLanguages<Texts> = { en: ENGLISH, ko: KOREAN };

export const replPane: Pane = {
  id: 'repl',
  title: 'REPL',
  badge: ({ repl, ui, lesson }, columns) => {
    if (lesson?.type === 'open') return lessonTitle(lesson, ui.language);
    const { client, clients, lineCount } = repl;
    const { frozenAt } = ui.panes.repl;
    const name = client.name === '' ? '' : `@${client.name}`;
    return [
      frozenAt === null ? '' : frozenBadge(lineCount - frozenAt, columns, ui.language),
      name,
      client.protocol === 3 ? 'RESP3' : '',
      clients.length > 1 ? TEXTS[ui.language].clients(clients.length) : '',
    ].filter((part) => part !== '').join(' ');
  },
  render,
  length: ({ repl }) => repl.lineCount,
  forgotten: ({ repl }) => repl.lineCount - repl.lines.length,
  scrollLimit: ({ repl, ui }, { width }, theme) => {
    const lines = repl.lines.slice(0, newestShown(repl, ui.panes.repl.frozenAt) + 1);
    return lines.reduce((rows, line) => rows + lineRows(line, width, theme, () => theme.dim).length, 0);
  },
  cursor: (state, { size, theme }) => {
    const above = lessonAbove(state, size, theme).length;
    const cursor = layOut(state.repl, { ...size, height: size.height - above }, theme, state.ui.language).cursor;
    return cursor === null ? null : { ...cursor, row: above + cursor.row };
  },
  help: 'repl',
};

interface Layout {
  /** The prompt, the line and the hint, as rows of plain text; only their end if they are longer than the pane. */
  readonly prompt: string;
  readonly inputRows: readonly string[];
  readonly hint: string;
  readonly hasStatus: boolean;
  readonly transcriptRows: number;
  readonly cursor: { readonly row: number; readonly column: number } | null;
}

/** The layout, shared by rows and cursor. */
function layOut(repl: ReplState, { width, height }: Size, theme: Theme, language: Language): Layout {
  const hasStatus = height >= 3;
  const most = Math.max(1, hasStatus ? height - 1 : height);
  const { prompt, text, before } = promptedLine(repl, width, theme, language);
  const all = breakAnywhere(prompt + text, width);
  const upTo = breakAnywhere(prompt + before, width);
  const isFull = widthOf(upTo.at(-1)!) >= width;
  const at = { row: isFull ? upTo.length : upTo.length - 1, column: isFull ? 0 : widthOf(upTo.at(-1)!) };
  if (at.row === all.length) all.push('');
  // A line longer than the pane shows the part with the cursor.
  const first = Math.min(Math.max(0, all.length - most), at.row);
  const inputRows = all.slice(first, first + most);
  const room = width - widthOf(inputRows.at(-1)!);
  const hint = repl.search !== null || first + inputRows.length < all.length || room < 4 ? '' : truncate(repl.hint, room - 1);
  const transcriptRows = Math.max(0, most - inputRows.length);
  const cursor = height < 1 || width < 1 ? null : { row: transcriptRows + at.row - first, column: Math.min(at.column, width - 1) };
  return { prompt: first === 0 ? prompt : '', inputRows, hint, hasStatus, transcriptRows, cursor };
}

interface PromptedLine {
  readonly prompt: string;
  readonly text: string;
  readonly before: string;
}

function promptedLine({ search, input, cursor, client }: ReplState, width: number, theme: Theme, language: Language): PromptedLine {
  if (search !== null) {
    const prompt = width < 40 ? TEXTS[language].search : TEXTS[language].reverseSearch;
    const before = `'${shown(search.text, theme)}`;
    return { prompt: widthOf(prompt) > width / 2 ? '' : prompt, text: `${before}': ${shown(search.found ?? '', theme)}`, before };
  }
  const prompt = fitPrompt(shown(promptOf(client), theme), width);
  return { prompt: width < 4 ? '' : prompt, text: shown(input, theme), before: shown(input.slice(0, cursor), theme) };
}

/** In a narrow pane the line needs the room more than the prompt: `6379[2]> `, or just `> `. */
function fitPrompt(prompt: string, width: number): string {
  if (widthOf(prompt) <= width * 0.4) return prompt;
  const short = prompt.replace(/^(@\S+ )?\S*:(?=\d+[[(>])/, '$1');
  return widthOf(short) <= width / 2 ? short : '> ';
}

/** Typed text, too, may contain characters that move the cursor. */
const shown = (text: string, { typed }: Theme): string => showTyped(text, (bytes) => typed(bytes, 1 << 16));

/** The texts of an experiment, above the transcript. */
function lessonAbove(state: State, size: Size, theme: Theme): readonly string[] {
  const { lesson } = state;
  return lesson?.type === 'open' ? lessonRows(lesson, state, theme, size) : [];
}

function render(state: State, { theme, size, isFocused }: PaneContext): readonly string[] {
  const above = lessonAbove(state, size, theme);
  return [...above, ...renderConsole(state, { theme, size: { ...size, height: size.height - above.length }, isFocused })].slice(0, size.height);
}

function renderConsole(state: State, { theme, size, isFocused }: PaneContext): readonly string[] {
  const repl = withSuggestion(state);
  const { width, height } = size;
  if (height < 1) return [];
  const layout = layOut(repl, size, theme, state.ui.language);
  const style = clientStyles(state, theme);
  const rows = [...transcript(state, width, layout.transcriptRows, theme, style), ...inputRows(layout, width, theme, style(repl.client.name))];
  if (layout.hasStatus) rows.push(status(state, { width, theme, isFocused, room: layout.transcriptRows }));
  return rows.slice(-height);
}

/** During the first minute its command is shown in the empty line, and Enter runs it. */
function withSuggestion({ repl, firstMinute }: State): ReplState {
  return firstMinute?.step === 'invitation' && repl.input === '' && repl.search === null ? { ...repl, hint: FIRST_COMMAND } : repl;
}

function inputRows({ prompt, inputRows: plain, hint }: Layout, width: number, theme: Theme, promptStyle: Style): readonly string[] {
  return plain.map((text, i) => {
    const isPrompted = i === 0 && prompt !== '' && text.startsWith(prompt);
    const styled = isPrompted ? promptStyle(prompt) + text.slice(prompt.length) : text;
    return row(width, styled, i === plain.length - 1 ? theme.dim(hint) : '');
  });
}

/** The newest lines that fit, from the bottom up; or scrolled back by rows, and not moved by new ones. */
function transcript({ repl, ui }: State, width: number, height: number, theme: Theme, style: (client: string) => Style): string[] {
  const { scroll, frozenAt } = ui.panes.repl;
  const rows: string[] = [];
  // Scrolled past the oldest line, the oldest lines stay.
  const newest = Math.max(newestShown(repl, frozenAt), Math.min(height, repl.lines.length) - 1);
  for (let i = newest; i >= 0 && rows.length < height + scroll; i--) rows.unshift(...lineRows(repl.lines[i]!, width, theme, style));
  const end = Math.max(rows.length - scroll, Math.min(height, rows.length));
  const shownRows = rows.slice(Math.max(0, end - height), end);
  return [...Array.from({ length: height - shownRows.length }, () => ' '.repeat(width)), ...shownRows];
}

/** The lowest line in a view that was frozen when there were this many lines. */
function newestShown({ lines, lineCount }: ReplState, frozenAt: number | null): number {
  return lines.length - 1 - (frozenAt === null ? 0 : Math.max(0, lineCount - frozenAt));
}

function lineRows(line: ReplLine, width: number, theme: Theme, style: (client: string) => Style): readonly string[] {
  const lead = leadOf(line, width);
  const room = width - widthOf(lead);
  const text = line.kind === 'in' ? shown(line.text, theme) : theme.visible(toBytes(line.text), 1 << 16);
  // Sentences; in values and typed text every blank counts, and a terminal breaks them at its edge.
  const body = line.kind === 'note' || line.kind === 'error' || line.kind === 'push' ? wrapWords(text, room) : breakAnywhere(text, room);
  const bodyStyle = styleOf(line, theme, style);
  return body.map((text, i) => row(width, i === 0 ? style(line.kind === 'in' ? '' : line.client)(lead) : ' '.repeat(widthOf(lead)), bodyStyle(text)));
}

/** The text before a line: the prompt, or the client that received it, unless that is the default one. */
function leadOf({ kind, client, prompt }: ReplLine, width: number): string {
  const lead = kind === 'in' ? fitPrompt(prompt ?? '> ', width) : client === '' ? '' : `@${client} `;
  return widthOf(lead) <= width / 2 ? lead : '';
}

function styleOf({ kind, client }: ReplLine, theme: Theme, style: (client: string) => Style): Style {
  switch (kind) {
    case 'in':
      return theme.strong;
    case 'error':
      return theme.bad;
    case 'push':
      return style(client);
    case 'note':
      return theme.dim;
    case 'out':
      return (text) => text;
  }
}

/** The colour of each client is that of its token, identified by its address. */
function clientStyles({ repl, model }: State, theme: Theme): (client: string) => Style {
  const peers = new Map(repl.clients.flatMap(({ name, peer }) => (peer === null ? [] : [[peer, name] as const])));
  const tokens = new Map<string, number>();
  for (const { peer, token } of model.tokens.rows.sorted()) {
    const name = peers.get(peer);
    if (name !== undefined) tokens.set(name, token);
  }
  return (client) => {
    const token = tokens.get(client);
    return token === undefined ? theme.dim : theme.token(token);
  };
}

/** @property room rows of the transcript */
interface StatusContext {
  readonly width: number;
  readonly theme: Theme;
  readonly isFocused: boolean;
  readonly room: number;
}

function status(state: State, { width, theme, isFocused, room }: StatusContext): string {
  const { repl } = state;
  const { language } = state.ui;
  const texts = TEXTS[language];
  const { completion, error, client } = repl;
  if (completion !== null) return candidates(completion.candidates.map((word) => shown(word, theme)), completion.index, width, theme);
  if (error !== null) return theme.bad(fit(shown(error[language], theme), width));
  if (repl.search !== null) return theme.dim(fit(texts.searching, width));
  const notes = state.control.mode === 'history' ? texts.past : isHeld(state) ? heldNotes(client, theme, texts) : notesOf(client, theme, texts);
  if (notes.length > 0) return theme.warn(fit(notes.find((note) => widthOf(note) <= width) ?? notes.at(-1)!, width));
  const idle = beginsAbove(state, width, room, theme) ? texts.beginsAbove : texts.idle;
  return theme.dim(fit(isFocused && repl.input === '' ? idle : '', width));
}

/** The output of the newest line takes more rows than there are, for example of `help dump` at 80x24. An experiment has its own texts. */
function beginsAbove({ repl: { lines }, ui, lesson }: State, width: number, room: number, theme: Theme): boolean {
  if (ui.panes.repl.frozenAt !== null || lesson?.type === 'open') return false;
  let rows = 0;
  for (let i = lines.length - 1; i >= 0 && rows <= room && lines[i]!.kind !== 'in'; i--) rows += lineRows(lines[i]!, width, theme, () => theme.dim).length;
  return rows > room;
}

/** The loop is held: requests are not answered. */
const isHeld = ({ control }: State): boolean => control.heldAt !== null;

/** The keys that let a held loop go on; the longest form comes first. */
function heldNotes({ state, awaited }: ReplState['client'], { visible }: Theme, texts: Texts): readonly string[] {
  return texts.held(awaited !== null ? `${texts.waits(visible(awaited, 40))}: ` : state === 'connecting' ? `${texts.connecting}: ` : '');
}

/** The special state of a client, in full; null: none. */
export const noteOf = (client: ReplState['client'], theme: Theme, language: Language): string | null => notesOf(client, theme, TEXTS[language])[0] ?? null;

/** The longest form comes first; empty: none. */
function notesOf({ state, awaited, behind, isReadingPaused }: ReplState['client'], { visible }: Theme, texts: Texts): readonly string[] {
  if (isReadingPaused) return [texts.readingPaused];
  const command = awaited === null ? texts.aCommand : visible(awaited, 40);
  switch (state) {
    case 'connecting':
      return [texts.connecting];
    case 'waiting':
      return behind === 0 ? texts.waiting(command) : texts.waitingBefore(command, behind);
    case 'subscribed':
      return texts.subscribed;
    case 'monitor':
      return texts.monitor;
    default:
      return [];
  }
}

/** The candidates that fit, including the chosen one. */
function candidates(words: readonly string[], index: number, width: number, theme: Theme): string {
  const position = ` ${index + 1}/${words.length}`;
  const room = width - position.length;
  if (room < 8) return theme.highlight(fit(words[index]!, width));
  const cut = words.map((word) => truncate(word, room));
  const first = firstShown(cut, index, room);
  const parts: string[] = [];
  let taken = 0;
  for (let i = first; i < cut.length && taken + widthOf(cut[i]!) <= room; i++) {
    parts.push(i === index ? theme.highlight(cut[i]!) : theme.dim(cut[i]!), ' ');
    taken += widthOf(cut[i]!) + 1;
  }
  return row(width, ...(taken > room ? parts.slice(0, -1) : parts), ' '.repeat(Math.max(0, room - taken)), theme.dim(position));
}

/** The first word such that the chosen one still fits; in pages, so that the row does not move with every Tab. */
function firstShown(words: readonly string[], index: number, room: number): number {
  let first = 0;
  let taken = 0;
  for (let i = 0; i <= index; i++) {
    const wide = widthOf(words[i]!);
    if (i > first && taken + wide > room) {
      first = i;
      taken = 0;
    }
    taken += wide + 1;
  }
  return first;
}

/** Breaks sentences between words if possible, and indents continuation lines. */
function wrapWords(text: string, columns: number): string[] {
  if (widthOf(text) <= columns) return [text];
  const indent = /^ */.exec(text)![0];
  if (indent.length > columns / 2) return breakAnywhere(text, columns);
  const rows: string[] = [];
  let current = indent;
  for (const word of text.slice(indent.length).split(' ')) {
    const longer = current === indent ? indent + word : `${current} ${word}`;
    if (widthOf(longer) <= columns) {
      current = longer;
      continue;
    }
    if (current !== indent) rows.push(current);
    const broken = breakAnywhere(indent + word, columns);
    rows.push(...broken.slice(0, -1));
    current = broken.at(-1)!;
  }
  return [...rows, current];
}
