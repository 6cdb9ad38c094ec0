/**
 * The readiness pane: for each turn, which tokens were ready for what, and the results. The newest turn is at the bottom.
 *
 *   812  #7        READABLE  read 42 B · 1 frame · wrote 5 B
 *   813  LISTENER  READABLE  accept ×3 then WouldBlock
 *
 * Scrolled back, the view does not move: it shows lines up to the number at which it was frozen, and its badge counts later ones.
 */
import type { InLanguages, Language } from '../../../shared/language.js';
import { linesOf, type ReadinessModel, type ReadinessRow, type ReadinessStep, type ReadinessTurn } from '../../state/model/readiness.js';
import type { Model } from '../../state/model/model.js';
import type { TokenRow } from '../../state/model/tokens.js';
import type { PaneUi } from '../../state/state.js';
import { toBytes } from '../../state/typed-text.js';
import type { Pane, PaneContext } from '../pane.js';
import { frozenBadge } from '../parts/frozen.js';
import { LISTENER, nameOf, readinessWords, WAKER } from '../parts/names.js';
import { checkFilter, filterOf, passes } from '../parts/filter.js';
import { spansRow, type Span } from '../parts/spans.js';
import { reasonText } from '../parts/trace-words.js';
import { fit, formatBytes, formatCount, visible, width as widthOf } from '../text.js';
import type { Style, Theme } from '../theme.js';

const ENGLISH = {
  nothing: 'nothing has been ready yet',
  noMatch: (filter: string) => `nothing matches /${filter}`,
  turn: (turn: number) => `turn ${formatCount(turn)}: `,
  more: (tokens: number) => `and ${formatCount(tokens)} more tokens`,
  gap: (turns: number, commands: number) => `--- ${formatCount(turns)} turns, ${formatCount(commands)} commands not shown`,
  notReady: 'was not ready',
  woken: 'another thread has woken the loop',
  closed: 'closed',
  frames: (count: number) => `${formatCount(count)} frame${count === 1 ? '' : 's'}`,
  partial: (have: string, need: string, isWide: boolean) => `${isWide ? 'have' : 'half:'} ${have} of ${need}`,
  followedBy: (what: string, end: string) => `${what} then ${end}`,
  wrote: (bytes: string) => `wrote ${bytes}`,
  part: (bytes: number, of: number) => `write ${bytes} of ${of} B`,
};

type Texts = typeof ENGLISH;

/** The short words for results are terms, and are not translated. */
const KOREAN: Texts = {
  ...ENGLISH,
  nothing: '아직 준비된 것이 없습니다',
  noMatch: (filter) => `/${filter}에 맞는 것이 없습니다`,
  turn: (turn) => `턴 ${formatCount(turn)}: `,
  more: (tokens) => `외 토큰 ${formatCount(tokens)}개`,
  gap: (turns, commands) => `--- 턴 ${formatCount(turns)}개, 명령 ${formatCount(commands)}개 표시 안 함`,
  notReady: '준비되지 않음',
  woken: '다른 스레드가 루프를 깨움',
  closed: '닫힘',
  followedBy: (what, end) => `${what} 후 ${end}`,
};

const TEXTS: InLanguages<Texts> = { en: ENGLISH, ko: KOREAN };

export const readinessPane: Pane = {
  id: 'readiness',
  title: 'Readiness',
  badge: ({ model, ui }, columns) => badgeOf(model, ui.panes.readiness, columns, ui.language),
  length: ({ model }) => model.readiness.lines,
  forgotten: ({ model }) => model.readiness.forgotten,
  lines: ({ model, ui }, limit, theme) => {
    const lines = shownLines(model, ui.panes.readiness, limit);
    return lines.length === 0 ? [emptyWords(ui.panes.readiness, theme, ui.language)] : lines.map((line) => lineText(line, kindsIn(model), ui.language));
  },
  checkFilter: (text) => checkFilter(text, ['token']),
  render({ model, ui }, context) {
    const lines = shownLines(model, ui.panes.readiness, context.size.height);
    const { width, height } = context.size;
    const empty = { text: emptyWords(ui.panes.readiness, context.theme, ui.language), style: context.theme.dim };
    const rows = lines.length === 0 ? [spansRow([empty], width)] : linesAsRows(lines, context, kindsIn(model), ui.language);
    return Array.from({ length: height }, (_, i) => rows[i] ?? ' '.repeat(width));
  },
  help: 'readiness',
};

function badgeOf(model: Model, { frozenAt, filter }: PaneUi, columns: number, language: Language): string {
  const named = filter === '' ? '' : ` /${visible(toBytes(filter))}`;
  return `${frozenAt === null ? '' : frozenWords(model, frozenAt, filter, columns - widthOf(named), language)}${named}`.trimStart();
}

/** With a filter only the rows that pass it count, as far as they are stored. */
function frozenWords(model: Model, frozenAt: number, filter: string, columns: number, language: Language): string {
  if (filter === '') return frozenBadge(model.readiness.lines - frozenAt, columns, language);
  let since = 0;
  const kindOf = kindsIn(model);
  for (const { number, line } of newestFirst(model.readiness)) {
    if (number < frozenAt) break;
    if (matches(line, filter, kindOf)) since++;
  }
  return frozenBadge(since, columns, language, frozenAt < model.readiness.forgotten);
}

const emptyWords = ({ filter }: PaneUi, { visible }: Theme, language: Language): string =>
  filter === '' ? TEXTS[language].nothing : TEXTS[language].noMatch(visible(toBytes(filter)));

// Which lines

type RowLine = Pick<Extract<Line, { readonly kind: 'row' }>, 'row' | 'times'>;

type Line =
  | {
      readonly kind: 'row';
      readonly turn: number;
      readonly row: ReadinessRow;
      readonly isFirst: boolean;
      /** Nothing else was ready in that turn. */
      readonly isOnly: boolean;
      readonly isCut: boolean;
      /** The number of consecutive turns, from `turn` on, in which only the waker was ready. */
      readonly times: number;
    }
  | { readonly kind: 'more'; readonly turn: number; readonly tokens: number }
  | { readonly kind: 'gap'; readonly turns: number; readonly commands: number };

/** The lines of one page, oldest first. Consecutive turns that only woke the loop are one line: observing the loop causes them all the time. */
function shownLines(model: Model, { scroll, frozenAt, filter }: PaneUi, height: number): readonly Line[] {
  const { lines, forgotten } = model.readiness;
  const kindOf = kindsIn(model);
  const wanted = scroll + height;
  const found: Line[] = [];
  // In a view that was frozen for too long, even the oldest line may have been dropped.
  const end = frozenAt === null ? lines : forgotten === 0 ? frozenAt : Math.max(frozenAt, forgotten + height);
  for (const { number, line } of newestFirst(model.readiness)) {
    if (number >= end || !matches(line, filter, kindOf)) continue;
    const newer = found.at(-1);
    const wakesAlike = newer !== undefined && isOnlyWaker(newer, kindOf) && isOnlyWaker(line, kindOf);
    if (found.length >= wanted && !wakesAlike) break;
    if (wakesAlike) found[found.length - 1] = { ...line, times: newer.times + 1 };
    else found.push(line);
  }
  // Scrolled beyond the oldest line: the oldest page.
  const from = Math.max(0, Math.min(scroll, found.length - height));
  return found.slice(from, from + height).reverse();
}

function isOnlyWaker(line: Line, kindOf: KindOf): line is Extract<Line, { readonly kind: 'row' }> {
  return line.kind === 'row' && line.isOnly && kindOf(line.row.token) === 'waker';
}

function* newestFirst(model: ReadinessModel): Generator<{ readonly number: number; readonly line: Line }> {
  let number = model.lines;
  for (const turn of turnsNewestFirst(model)) {
    const count = linesOf(turn);
    for (let i = count - 1; i >= 0; i--) {
      number--;
      yield { number, line: lineOf(turn, i) };
    }
  }
}

function* turnsNewestFirst({ open, turns }: ReadinessModel): Generator<ReadinessTurn> {
  yield open;
  for (let i = turns.length - 1; i >= 0; i--) yield turns[i]!;
}

function lineOf(turn: ReadinessTurn, index: number): Line {
  if (turn.kind === 'gap') return { kind: 'gap', turns: turn.turns, commands: turn.commands };
  const row = turn.rows[index];
  return row === undefined
    ? { kind: 'more', turn: turn.turn, tokens: turn.more }
    : { kind: 'row', turn: turn.turn, row, isFirst: index === 0, isOnly: linesOf(turn) === 1, isCut: turn.isCut, times: 1 };
}

/** Only rows contain words that a filter could find. */
function matches(line: Line, filter: string, kindOf: KindOf): boolean {
  const conditions = filterOf(filter);
  if (conditions === null) return true;
  if (line.kind !== 'row') return false;
  const { row, turn } = line;
  const steps = row.steps.map((step) => stepWords(step, true, 'en').text).join(' ');
  const text = `${turn} ${sourceName(row, kindOf, 'en')} ${readinessWords(row.readiness, '|')} ${steps}`;
  return passes(conditions, { text, token: row.token });
}

// How lines look

/** Below this width, readiness is a letter, and a single frame is not mentioned. */
const WIDE = 56;

function linesAsRows(lines: readonly Line[], { theme, size }: PaneContext, kindOf: KindOf, language: Language): readonly string[] {
  const turnColumns = Math.max(3, ...lines.map((line) => (line.kind === 'gap' ? 0 : String(line.turn).length)));
  const look = { turnColumns, isWide: size.width >= WIDE, theme, kindOf, language };
  return lines.map((line, i) => spansRow(spansOf(line, i === 0, look), size.width));
}

/** A source that is not a connection has a name; of several listeners only the first. */
function sourceName({ token }: ReadinessRow, kindOf: KindOf, language: Language): string {
  const kind = kindOf(token);
  if (kind === 'waker') return WAKER;
  return kind === 'listener' && token === 0 ? LISTENER : nameOf(token, language);
}

/** The kind of source that a token names now; undefined: none any more. */
type KindOf = (token: number) => TokenRow['kind'] | undefined;

const kindsIn = ({ tokens }: Model): KindOf => (token) => tokens.rows.get(token)?.kind;

interface Look {
  readonly turnColumns: number;
  readonly isWide: boolean;
  readonly theme: Theme;
  readonly kindOf: KindOf;
  readonly language: Language;
}

/** The number of a turn is on its first line, and at the top of the page. */
function spansOf(line: Line, isTop: boolean, look: Look): readonly Span[] {
  const { turnColumns, theme, language } = look;
  if (line.kind === 'gap') return [{ text: TEXTS[language].gap(line.turns, line.commands), style: theme.dim }];
  const number = line.turn > 0 && line.kind === 'row' && (line.isFirst || isTop) ? String(line.turn) : '';
  const turn = { text: `${fit(number, turnColumns, 'right')} `, style: theme.dim };
  if (line.kind === 'more') return [turn, { text: TEXTS[language].more(line.tokens), style: theme.dim }];
  const spans = [turn, ...rowSpans(line, look)];
  if (!line.isCut || !isUnfinished(line.row, look.kindOf)) return spans;
  const hasWords = wordsOf(look.kindOf(line.row.token), line, look.isWide, language).length > 0;
  return [...spans, { text: hasWords ? ` ${theme.glyphs.dot} …` : '…', style: theme.dim }];
}

/** A line for the narration. */
function lineText(line: Line, kindOf: KindOf, language: Language): string {
  const texts = TEXTS[language];
  if (line.kind === 'gap') return texts.gap(line.turns, line.commands);
  const turn = line.turn > 0 ? texts.turn(line.turn) : '';
  if (line.kind === 'more') return `${turn}${texts.more(line.tokens)}`;
  const { token, readiness } = line.row;
  const words = wordsOf(kindOf(token), line, true, language).map(({ text }) => text);
  const name = isListening(line.row) ? LISTENER : sourceName(line.row, kindOf, language);
  const what = readiness === 0 ? texts.notReady : readinessWords(readiness, '|');
  return `${turn}${name} ${what}${words.length === 0 ? '' : `: ${words.join(', ')}`}`;
}

/** A second address has a listener of its own, under the next token. */
const isListening = ({ steps }: ReadinessRow): boolean => steps.some(({ kind }) => kind === 'accept');

const ENDS: ReadonlySet<ReadinessStep['kind']> = new Set(['write', 'accept', 'park', 'partial', 'disconnect']);

/** Something was read, and its result is unknown yet. */
function isUnfinished({ token, steps }: ReadinessRow, kindOf: KindOf): boolean {
  return kindOf(token) !== 'waker' && !steps.some(({ kind }) => ENDS.has(kind));
}

function rowSpans({ row, times }: RowLine, { isWide, theme, kindOf, language }: Look): readonly Span[] {
  const { token, readiness } = row;
  const kind = kindOf(token);
  const accepts = kind === 'listener' || isListening(row);
  const name = isWide ? fit(accepts ? LISTENER : kind === 'waker' ? WAKER : `#${token}`, 9) : `${fit(`#${token}`, 4)} `;
  const ready = isWide ? readinessWords(readiness, '|').padEnd(8) : readinessLetters(readiness).padEnd(2);
  const spans: Span[] = [
    { text: name, style: theme.token(accepts ? 0 : token) },
    { text: `${readiness === 0 ? '-'.padEnd(ready.length) : ready} `, style: readiness === 0 ? theme.dim : plain },
  ];
  const words = wordsOf(kind, { row, times }, isWide, language);
  for (const [i, { text, tone }] of words.entries()) {
    if (i > 0) spans.push({ text: ` ${theme.glyphs.dot} `, style: theme.dim });
    spans.push({ text, style: styleOf(tone, theme) });
  }
  return spans;
}

const plain: Style = (text) => text;
const styleOf = (tone: Tone, theme: Theme): Style => (tone === 'plain' ? plain : theme[tone]);

const LETTERS = 'RWECH';
const readinessLetters = (readiness: number): string => [...LETTERS].filter((_, bit) => (readiness & (1 << bit)) !== 0).join('');

// The results, in words

type Tone = 'plain' | 'dim' | 'good' | 'warn' | 'bad';
interface Words {
  readonly text: string;
  readonly tone: Tone;
}

function wordsOf(kind: TokenRow['kind'] | undefined, { row: { steps }, times }: RowLine, isWide: boolean, language: Language): readonly Words[] {
  if (kind === 'waker') return [{ text: `${isWide ? TEXTS[language].woken : WAKER}${times > 1 ? ` ×${formatCount(times)}` : ''}`, tone: 'dim' }];
  const told = steps.filter((step) => isWide || step.kind !== 'frames' || step.count > 1);
  return told.map((step) => (isKnownEnd(step, steps) ? { text: TEXTS[language].closed, tone: 'dim' } : stepWords(step, isWide, language)));
}

/** A connection that ends as the read before has just reported. */
function isKnownEnd(step: ReadinessStep, steps: readonly ReadinessStep[]): boolean {
  return step.kind === 'disconnect' && steps.some((one) => (one.kind === 'read' || one.kind === 'write') && one.end === step.why);
}

function stepWords(step: ReadinessStep, isWide: boolean, language: Language): Words {
  const texts = TEXTS[language];
  switch (step.kind) {
    case 'accept':
      return acceptWords(step, isWide, texts);
    case 'read':
      return readWords(step, texts);
    case 'frames':
      return { text: texts.frames(step.count), tone: 'plain' };
    case 'partial':
      return { text: texts.partial(formatCount(step.have), formatCount(step.need), isWide), tone: 'warn' };
    case 'park':
      return { text: 'parked', tone: 'plain' };
    case 'unpark':
      return { text: `unparked: ${visible(step.why)}`, tone: 'good' };
    case 'write':
      return writeWords(step, texts);
    case 'interest':
      if (((step.before ^ step.after) & 4) !== 0) return { text: `${(step.after & 4) === 0 ? 'level' : 'edge'}-triggered`, tone: 'plain' };
      if (((step.before ^ step.after) & 1) !== 0) {
        return { text: `${isWide ? 'READABLE' : 'R'} ${(step.after & 1) === 0 ? 'disarmed' : 'armed'}`, tone: 'warn' };
      }
      return (step.after & 2) !== 0
        ? { text: `${isWide ? 'WRITABLE' : 'W'} armed`, tone: 'warn' }
        : { text: `${isWide ? 'WRITABLE' : 'W'} disarmed`, tone: 'good' };
    case 'disconnect':
      // A learner's program gives no reason.
      return { text: step.why === 'closed' ? texts.closed : `${texts.closed}: ${visible(reasonText(step.why, language))}`, tone: 'dim' };
  }
}

function acceptWords({ count, end }: Extract<ReadinessStep, { kind: 'accept' }>, isWide: boolean, texts: Texts): Words {
  const tone = end === null || end === 'WouldBlock' ? 'plain' : 'bad';
  const accepted = count === 0 ? 'accept' : `accept ×${formatCount(count)}`;
  if (end === null) return { text: accepted, tone };
  return { text: count > 0 && isWide ? texts.followedBy(accepted, visible(end)) : `${accepted} ${visible(end)}`, tone };
}

function readWords({ bytes, count, end }: Extract<ReadinessStep, { kind: 'read' }>, texts: Texts): Words {
  const failed = end !== null && end !== 'WouldBlock' && end !== 'EOF';
  const tone: Tone = failed ? 'bad' : count === 0 ? 'dim' : 'plain';
  const times = count > 1 ? ` ×${formatCount(count)}` : '';
  if (count === 0) return { text: end === 'EOF' ? 'EOF' : `read ${visible(end ?? '')}`, tone };
  const read = `read${times} ${formatBytes(bytes)}`;
  return { text: end === null ? read : texts.followedBy(read, visible(end)), tone };
}

function writeWords({ bytes, of, end }: Extract<ReadinessStep, { kind: 'write' }>, texts: Texts): Words {
  if (end !== null && end !== 'WouldBlock') return { text: `write ${visible(end)}`, tone: 'bad' };
  if (bytes >= of) return { text: texts.wrote(formatBytes(bytes)), tone: 'plain' };
  if (bytes === 0) return { text: 'write WouldBlock', tone: 'warn' };
  const part = texts.part(bytes, of);
  return { text: end === null ? part : texts.followedBy(part, 'WouldBlock'), tone: 'warn' };
}
