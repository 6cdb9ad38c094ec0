/**
 * The loop pane: the event loop as a dozen lines of pseudo code, the running line, how the time of a turn is spent, and one sentence about the last event.
 *
 * The contents depend on the room: {@link layoutOf} adds parts from the most important on. They do not depend on the sentence, so that the picture does not
 * jump from event to event; a long sentence takes the blank rows around it.
 */
import type { LoopActivity, TraceEvent } from '../../../server/index.js';
import type { Language, Text } from '../../../shared/language.js';
import { isAsleep, NO_TIMES, percentilesOf, shownTurn, WORK_PHASES, type LoopModel, type TurnPicture, type WorkPhase } from '../../state/model/loop.js';
import { type Busy, busyOf, type State } from '../../state/state.js';
import { toBytes } from '../../state/typed-text.js';
import type { Pane, PaneContext, Size } from '../pane.js';
import { stackedBar, type BarPart } from '../parts/bar.js';
import { busySentences, secondsText, waitingSentences } from '../parts/busy.js';
import { tokenList } from '../parts/names.js';
import { asleepSentences, droppedSentence, formatTimeout, heldSentence, sentence, timeoutSentences } from '../parts/sentence.js';
import { spansRow, type Span } from '../parts/spans.js';
import { chart } from '../parts/sparkline.js';
import { type Wording, wordingOf } from '../parts/wording.js';
import { wrap } from '../parts/wrap.js';
import { durationText, fit, formatBytes, formatCount, formatUs, row, truncate, width as widthOf } from '../text.js';
import { durationStyle, type Style, type Theme } from '../theme.js';
import { SLOW_US } from '../../state/slow.js';
import { LOOP_TEXTS, type CodeLine, type CodeText } from './loop-texts.js';
import { sourceRows } from './source.js';

export const loopPane: Pane = {
  id: 'loop',
  title: 'Loop',
  badge: (state) => {
    const { model, ui } = state;
    const turn = busyOf(state)?.activity.turn ?? model.loop.turn?.turn ?? model.rates.turn;
    return turn === 0 ? '' : LOOP_TEXTS[ui.language].turn(formatCount(turn));
  },
  render(state, context) {
    const { size } = context;
    const parts = layoutOf(size, state.program !== null, isBatched(state));
    const rows = parts.flatMap(({ part, lines, air }) => exactly(PARTS[part](state, context, lines, air), lines, size.width));
    return exactly(rows, size.height, size.width);
  },
  lines: (state, _limit, theme) => tellLoop(state, theme),
  help: 'loop',
};

/** Cut, or filled with blank rows, to `count`; every row padded to `columns`. */
function exactly(rows: readonly string[], count: number, columns: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => row(columns, rows[i] ?? ''));
}

// What is shown

type PartName = 'code' | 'blank' | 'sentence' | 'bar' | 'legend' | 'wait' | 'sends' | 'timeout' | 'turns' | 'history' | 'counts';

interface PlacedPart {
  readonly part: PartName;
  readonly lines: number;
  /** How many of these lines are blank above and below, unless the text needs them. */
  readonly air?: Air;
}

interface Air {
  readonly above: number;
  readonly below: number;
}

const NO_AIR: Air = { above: 0, below: 0 };

const STRIP_LINES = 1;
const SHORT_LINES = 6;
const LONG_LINES = 13;
/** The history is a chart, if there is room. */
const CHART_LINES = 8;
const LEGEND_CELL = 18;
const COUNT_CELL = 25;
/** From this width on each line of the code has its time beside it. */
const TIMED_COLUMNS = 50;

/**
 * Parts from top to bottom, with their numbers of lines, together at most `height`.
 *
 * @param isSource the code is a learner's own, of any length
 * @param batches sends are batched
 */
function layoutOf({ width, height }: Size, isSource: boolean, batches: boolean): readonly PlacedPart[] {
  const lines = new Map<PartName, number>();
  let left = height;
  // A wish is granted if it still fits; a later wish for the same part replaces the smaller one.
  const wish = (part: PartName, wanted: number): void => {
    const more = wanted - (lines.get(part) ?? 0);
    if (more <= 0 || more > left) return;
    lines.set(part, wanted);
    left -= more;
  };
  wish('sentence', 1);
  wish('bar', 1);
  wish('code', STRIP_LINES);
  wish('code', SHORT_LINES);
  wish('sentence', 2);
  wish('wait', 1);
  if (batches) wish('sends', 1);
  wish('timeout', 1);
  wish('code', LONG_LINES);
  wish('turns', 1);
  if (width < TIMED_COLUMNS) wish('sentence', 3);
  if (width >= LEGEND_CELL && (lines.get('code') !== LONG_LINES || width < TIMED_COLUMNS)) wish('legend', gridLines(WORK_PHASES.length, LEGEND_CELL, width));
  wish('history', 1);
  if (width >= COUNT_CELL) wish('counts', 1 + gridLines(COUNTED.length, COUNT_CELL, width));
  if (isSource) wish('code', (lines.get('code') ?? 0) + left - AIRY.length);
  wish('history', Math.min(CHART_LINES, 1 + left - AIRY.length));
  const placed = ORDER.flatMap((part) => (lines.has(part) ? [{ part, lines: lines.get(part)! }] : []));
  return withBlanks(placed, left);
}

const ORDER: readonly PartName[] = ['code', 'sentence', 'sends', 'wait', 'bar', 'legend', 'timeout', 'turns', 'history', 'counts'];
/** Parts with blank rows above them, if there is room. */
const AIRY: readonly PartName[] = ['sentence', 'wait', 'counts', 'timeout'];

function withBlanks(placed: readonly PlacedPart[], room: number): readonly PlacedPart[] {
  const airy = AIRY.filter((part) => placed.some((one) => one.part === part)).slice(0, room);
  return withAir(placed.flatMap((one) => (airy.includes(one.part) ? [{ part: 'blank', lines: 1 }, one] : [one])));
}

/** Gives the sentence the blank rows beside it. */
function withAir(parts: readonly PlacedPart[]): readonly PlacedPart[] {
  const at = parts.findIndex(({ part }) => part === 'sentence');
  if (at === -1) return parts;
  const air = { above: parts[at - 1]?.part === 'blank' ? 1 : 0, below: parts[at + 1]?.part === 'blank' ? 1 : 0 };
  const sentence = { part: 'sentence', lines: parts[at]!.lines + air.above + air.below, air } as const;
  return [...parts.slice(0, at - air.above), sentence, ...parts.slice(at + 1 + air.below)];
}

const PARTS: { readonly [name in PartName]: (state: State, context: PaneContext, lines: number, air?: Air) => readonly string[] } = {
  blank: () => [],
  code: codeRows,
  sentence: sentenceRows,
  wait: (state, { theme, size }) => [theme.dim(truncate(fitting(waitWords(state), size.width), size.width))],
  sends: (state, { theme, size }) => [theme.dim(truncate(fitting(sendsWords(state), size.width), size.width))],
  timeout: (state, { theme, size }) => [theme.dim(truncate(fitting(timeoutOf(state), size.width), size.width))],
  bar: (state, { theme, size }) => [stackedBar(barParts(state, theme), size.width, theme)],
  legend: legendRows,
  turns: ({ model, ui }, { theme, size }) => [theme.dim(truncate(fitting(turnTimes(model.loop, ui.language), size.width), size.width))],
  history: historyRows,
  counts: countRows,
};

/** The first form that fits; the last one if none does. */
const fitting = (ways: readonly string[], columns: number): string => ways.find((way) => widthOf(way) <= columns) ?? ways.at(-1)!;

/** The turn to draw. For the turn of a busy loop only what another thread can see is known: its phase, and for how long. */
function turnOf(state: State): TurnPicture | null {
  const { loop } = state.model;
  const busy = busyOf(state);
  if (busy === null) return shownTurn(loop, isRunning(state));
  const { turn, phase, elapsedMs } = busy.activity;
  const times = { ...NO_TIMES, ...(isWorkPhase(phase) ? { [phase]: elapsedMs * 1000 } : {}) };
  return { turn, timeoutMs: null, why: '', waitedUs: null, ready: 0, times, flushUs: 0, repliesUs: 0, busyUs: null, commands: 0 };
}

const isWorkPhase = (phase: string): phase is WorkPhase => (WORK_PHASES as readonly string[]).includes(phase);

/** The loop is neither held nor slowed, and the present is shown. */
const isRunning = ({ control }: State): boolean => control.mode === 'live';

/** Also null while the past is shown: the loop is not held there. */
const heldAt = ({ control }: State): TraceEvent | null => (control.mode === 'paused' ? control.heldAt : null);

interface Said {
  /** Several forms, of which one that fits into a row is used. */
  readonly ways: readonly string[];
  /** The first form is also used if it fits into several rows. */
  readonly wraps?: boolean;
  readonly style: Style;
}

/** What has just happened. For a loop that has gone to sleep also what it did last. */
function happenedIn(state: State, theme: Theme): readonly Said[] {
  const { loop } = state.model;
  const wording = wordingOf(state, theme);
  const problem = problemOf(state);
  if (problem !== null) return [{ ways: [theme.visible(toBytes(problem.text[wording.language]))], style: problem.isPast ? theme.warn : theme.bad }];
  const held = heldAt(state);
  if (held !== null) return [{ ways: [heldSentence(held, wording)], style: theme.warn }];
  const busy = busyOf(state);
  if (busy !== null) return busyWords(busy, wording, theme);
  if (loop.event === null) return [{ ways: [LOOP_TEXTS[wording.language].noEvent], style: theme.dim }];
  if (loop.dropped !== null) return [{ ways: [droppedSentence(loop.dropped, wording.language)], style: theme.warn }];
  if (!isRunning(state) || !isAsleep(loop, true)) return [{ ways: [sentence(loop.event, wording)], style: theme.strong }];
  const asleep = { ways: asleepSentences(wording), style: theme.dim };
  return loop.notable === null ? [asleep] : [{ ways: [sentence(loop.notable, wording)], style: theme.strong }, asleep];
}

/** What is wrong with a learner's program, or with the run that shows its past. */
function problemOf({ program, control }: State): { readonly text: Text; readonly isPast: boolean } | null {
  if (program === null) return null;
  const isPast = control.mode === 'history';
  const { again, end, remark, isRecording } = program;
  const text = isPast ? (again?.isThere === false ? again.text : null) : (end ?? remark);
  return text === null ? null : { text, isPast: isPast || isRecording };
}

/** A second sentence about a busy loop says who waits: it is not dropped in favour of a longer first one. */
function busyWords(busy: Busy, wording: Wording, theme: Theme): readonly Said[] {
  const waiting = waitingSentences(busy, wording.language);
  const said = { ways: busySentences(busy, wording), wraps: true, style: theme.bad };
  return waiting.length === 0 ? [said] : [said, { ways: waiting, style: theme.warn }];
}

/** The full sentence about the last event has priority over blank rows, and over the sentence that the loop sleeps, which its arrow also shows. */
function sentenceRows(state: State, { theme, size }: PaneContext, lines: number, air = NO_AIR): readonly string[] {
  const rows = saidRows(happenedIn(state, theme), size.width, lines);
  return rows.length > lines - air.above ? rows : [...Array.from({ length: air.above }, () => ''), ...rows];
}

function saidRows([first, ...others]: readonly Said[], columns: number, lines: number): readonly string[] {
  if (first === undefined) return [];
  const told = ({ ways, wraps = false, style }: Said, limit: number): readonly string[] => {
    const isWrapped = ways.length === 1 || (wraps && wrap(ways[0]!, columns, limit + 1).length <= limit);
    return (isWrapped ? wrap(ways[0]!, columns, limit) : [truncate(fitting(ways, columns), columns)]).map(style);
  };
  const rows = told(first, first.wraps === true ? Math.max(1, lines - others.length) : lines);
  return [...rows, ...others.slice(0, lines - rows.length).flatMap((said) => told(said, 1))];
}

/** The pane in sentences. */
function tellLoop(state: State, theme: Theme): readonly string[] {
  const { loop } = state.model;
  const { language } = state.ui;
  const turn = turnOf(state);
  const phases = WORK_PHASES.filter((phase) => (turn?.times[phase] ?? 0) > 0).map((phase) => `${phaseName(phase, state)} ${formatUs(turn!.times[phase])}`);
  const counts = COUNTED.map((category) => `${category} ${formatCount(loop.counts[category])}`);
  const worked = `${waitWords(state)[0]!}${phases.length === 0 ? '' : `: ${phases.join(', ')}`}`;
  const happened = happenedIn(state, theme).map(({ ways }) => ways[0]!);
  const sends = isBatched(state) ? [sendsWords(state)[0]!] : [];
  return [...happened, ...sends, worked, timeoutOf(state)[0]!, turnTimes(loop, language)[0]!, LOOP_TEXTS[language].events(counts.join(', '))];
}

function waitWords(state: State): readonly string[] {
  const busy = busyOf(state);
  const { language } = state.ui;
  const texts = LOOP_TEXTS[language];
  if (busy !== null) return [texts.atWork(formatCount(busy.activity.turn), secondsText(busy.activity.turnMs, language))];
  const shown = turnOf(state);
  if (shown === null || shown.waitedUs === null) return [texts.noTurn];
  const words = texts.waited(durationText(shown.waitedUs), durationText(workedUs(shown)));
  const name = texts.turn(formatCount(shown.turn));
  // Without its number it would be taken for the turn in the title.
  const shortest = shown.turn === state.model.loop.turn?.turn ? words : `${formatCount(shown.turn)}: ${words}`;
  return [...(shown.repliesUs > 0 ? [`${texts.withReplies(name)}: ${words}`] : []), `${name}: ${words}`, shortest];
}

/** Sends are batched, or were in the recording that is shown. */
const isBatched = ({ server, model, program }: State): boolean => program === null && (server.sends === 'batched' || model.loop.flushed !== null);

/** The newest call that carried the output of several clients, with as many of their tokens as fit. */
function sendsWords({ model, ui }: State): readonly string[] {
  const { noFlush, lastFlush, lastFlushInShort, lastFlushByName, lastFlushAsCounts } = LOOP_TEXTS[ui.language];
  const { flushed } = model.loop;
  if (flushed === null) return noFlush;
  const { tokens, bytes, short } = flushed;
  const counts = [tokens.length, 16, 8, 6, 4, 3, 2, 1].filter((count) => count <= tokens.length);
  const forms = [lastFlush, lastFlushInShort, lastFlushByName];
  const named = counts.flatMap((count) => forms.map((words) => words(tokenList(tokens, count, ui.language), formatBytes(bytes), short)));
  return [...named, lastFlushAsCounts(tokens.length, short)];
}

function timeoutOf(state: State): readonly string[] {
  const { language } = state.ui;
  // The timeout chosen before the wait says nothing about a turn that lasts longer.
  if (busyOf(state) !== null) return LOOP_TEXTS[language].timersWait;
  const shown = chosenTimeout(state.model.loop);
  return shown === null ? [LOOP_TEXTS[language].noTimeout] : timeoutSentences(shown.timeoutMs, shown.why, language);
}

/** The timeout of the running turn, or else of the last one. Null: unknown. */
function chosenTimeout({ turn: running, last }: LoopModel): { readonly turn: number; readonly timeoutMs: number; readonly why: string } | null {
  const chosen = running?.timeoutMs == null ? last : running;
  return chosen?.timeoutMs == null ? null : { turn: chosen.turn, timeoutMs: chosen.timeoutMs, why: chosen.why };
}

function turnTimes({ busyUs }: LoopModel, language: Language): readonly string[] {
  const { turnTimes: title, noTurnTimes } = LOOP_TEXTS[language];
  const times = percentilesOf(busyUs);
  if (times === null) return [noTurnTimes];
  const words = [`p50 ${formatUs(times.p50)}`, `p99 ${formatUs(times.p99)}`, `max ${formatUs(times.max)}`];
  return [`${title}: ${words.join('  ')}`, words.join('  '), words.join(' ')];
}

/** The last turns, one column each, on a logarithmic scale because they differ so much. */
function historyRows({ model }: State, { theme, size }: PaneContext, lines: number): readonly string[] {
  const shown = model.loop.busyUs.slice(-size.width).map((us) => Math.log2(1 + us));
  return chart(shown, size.width, lines, theme.glyphs).map(theme.dim);
}

// The bar

function barParts(state: State, theme: Theme): readonly BarPart[] {
  const turn = turnOf(state);
  return WORK_PHASES.map((phase) => ({ name: phaseName(phase, state), value: turn?.times[phase] ?? 0, style: theme.phase[phase] }));
}

/** What a learner's program does between two calls need not be the execution of a command. */
const phaseName = (phase: WorkPhase, { program }: State): string => (program !== null && phase === 'execute' ? 'program' : phase);

/** For a finished turn the time at its end: more than all phases together, because choosing the next step takes time, too. */
const workedUs = ({ times, busyUs }: TurnPicture): number => busyUs ?? WORK_PHASES.reduce((sum, phase) => sum + times[phase], 0);

function legendRows(state: State, { theme, size }: PaneContext): readonly string[] {
  const parts = barParts(state, theme);
  const cells = parts.map(({ name, value, style }) => `${style(fit(name, 8))}${fit(durationOf(value), LEGEND_CELL - 8)}`);
  return grid(cells, LEGEND_CELL, size.width);
}

/** Phases without time are left out. */
const durationOf = (us: number): string => (us > 0 ? formatUs(us) : '');

/** Cells of equal width, as many side by side as fit. */
function grid(cells: readonly string[], cellColumns: number, columns: number): readonly string[] {
  const perLine = Math.max(1, Math.floor(columns / cellColumns));
  const lines: string[] = [];
  for (let i = 0; i < cells.length; i += perLine) lines.push(cells.slice(i, i + perLine).join(''));
  return lines;
}

const gridLines = (cells: number, cellColumns: number, columns: number): number => Math.ceil(cells / Math.max(1, Math.floor(columns / cellColumns)));

// The top level of the trace

const COUNTED = ['ClientConnect', 'ClientRequest', 'ClientDisconnect', 'PubSub', 'Replication'] as const;

/** Under a heading: `ClientConnect 12` alone would be taken for a number of clients. */
function countRows({ model, ui }: State, { theme, size }: PaneContext): readonly string[] {
  const cells = COUNTED.map((category) => fit(`${fit(category, 16)} ${formatCount(model.loop.counts[category])}`, COUNT_CELL));
  return [fit(LOOP_TEXTS[ui.language].counted, size.width), ...grid(cells, COUNT_CELL, size.width)].map(theme.dim);
}

// The code

/** The line that runs, or is about to. Null: unknown. */
function runningLine(state: State): CodeLine | null {
  const { loop } = state.model;
  const held = heldAt(state);
  const lineAt = (event: TraceEvent): CodeLine => lineOf(event, 'token' in event && state.model.tokens.rows.get(event.token)?.kind === 'waker');
  if (held !== null) return lineAt(held);
  const busy = busyOf(state);
  if (busy !== null) return BUSY_LINES[busy.activity.phase];
  if (loop.event === null || loop.dropped !== null) return null;
  return isAsleep(loop, isRunning(state)) ? 'poll' : lineAt(loop.event);
}

/** Sending the trace has no line of its own: it is done before the loop waits. */
const BUSY_LINES: { readonly [phase in LoopActivity['phase']]: CodeLine } = {
  wait: 'poll', write: 'write', accept: 'accept', messages: 'waker', read: 'read', decode: 'decode', execute: 'execute', timers: 'timers',
  collect: 'timers', trace: 'poll', held: 'poll',
};

/** Where the loop is right after an event: at the work of the event, or at the work that an event begins. */

function lineOf(event: TraceEvent, isWoken: boolean): CodeLine {
  switch (event.kind) {
    case 'turn-begin':
      return 'write';
    case 'wait':
      return 'poll';
    case 'poll':
      // A long script lets others be served meanwhile.
      return event.within === true ? 'execute' : 'poll';
    case 'ready':
      return isWoken ? 'waker' : 'each';
    case 'accept':
    case 'connect':
      return 'accept';
    case 'read':
    case 'disconnect':
      return 'read';
    case 'frame-partial':
      return 'decode';
    case 'reply':
      return 'reply';
    case 'flush':
    case 'write':
    case 'interest':
    case 'await-disk':
      return 'write';
    case 'timer':
    case 'save-slice':
    case 'turn-end':
      return 'timers';
    case 'expire':
      return event.how === 'lazy' ? 'execute' : 'timers';
    default:
      return 'execute';
  }
}

function codeRows(state: State, context: PaneContext, lines: number): readonly string[] {
  if (state.program !== null) return sourceRows(state, context, lines) ?? [strip(runningLine(state), context)];
  if (lines < SHORT_LINES) return [strip(runningLine(state), context)];
  return lines < LONG_LINES ? shortCode(state, context) : longCode(state, context);
}

const CODE_COLUMNS = 37;
const TIME_COLUMNS = 10;
/** Comments are shown only if they fit. */
const COMMENTED_COLUMNS = 2 + CODE_COLUMNS + TIME_COLUMNS + 2 + 48;

function longCode(state: State, { theme, size }: PaneContext): readonly string[] {
  const running = runningLine(state);
  const turn = turnOf(state);
  // The brackets contain the wait that is chosen now: beside it, the duration of another wait would be taken for its own.
  const isOtherWait = turn?.turn !== chosenTimeout(state.model.loop)?.turn;
  return LOOP_TEXTS[state.ui.language].longCode(timeoutArgument(state), isBatched(state)).map((text) => {
    const code = codeRow(text, running, theme, Math.min(size.width, CODE_COLUMNS + 2));
    if (size.width < TIMED_COLUMNS) return code;
    const timed = code + timeCell(text, turn, theme, isOtherWait);
    return size.width < COMMENTED_COLUMNS ? timed : `${timed}  ${theme.dim(text.comment)}`;
  });
}

/** The time of this line in the shown turn, in the colour of its phase; slow work is highlighted. */
function timeCell({ phase }: CodeText, turn: TurnPicture | null, theme: Theme, isOtherWait: boolean): string {
  const us = phase === undefined || turn === null ? 0 : phase === 'poll' ? waitedOf(turn, isOtherWait) : turn.times[phase];
  const text = fit(durationOf(us), TIME_COLUMNS, 'right');
  if (us === 0) return text;
  return us >= SLOW_US && phase !== 'poll' ? durationStyle(us, theme)(text) : phaseStyle(phase, theme)(text);
}

const waitedOf = ({ waitedUs }: TurnPicture, isOtherWait: boolean): number => (isOtherWait ? 0 : (waitedUs ?? 0));

/** Gutter and code, in `columns`. */
function codeRow({ line, code, phase }: Pick<CodeText, 'line' | 'code' | 'phase'>, running: CodeLine | null, theme: Theme, columns: number): string {
  const isHere = line !== null && line === running;
  const [before = '', word = '', after = ''] = code.split(/[{}]/);
  const spans = [
    { text: before, style: plain },
    // A reversed colour would be a block.
    { text: word, style: isHere || phase === 'poll' ? plain : phaseStyle(phase, theme) },
    { text: after, style: plain },
  ];
  return withGutter(isHere, theme, columns, (left) => (isHere ? theme.highlight(spansRow(spans, left)) : spansRow(spans, left)));
}

/** Waiting is not work: it has no colour in the bar, and none here. */
function phaseStyle(phase: WorkPhase | 'poll' | undefined, theme: Theme): Style {
  if (phase === undefined) return plain;
  return phase === 'poll' ? theme.dim : theme.phase[phase];
}

/** The arrow marks where the loop is. Below three columns there is no room for it. */
function withGutter(isHere: boolean, theme: Theme, columns: number, code: (columns: number) => string): string {
  if (columns < 3) return code(columns);
  return (isHere ? `${theme.glyphs.arrow} ` : '  ') + code(columns - 2);
}

const plain: Style = (text) => text;

function shortCode(state: State, { theme, size }: PaneContext): readonly string[] {
  const line = runningLine(state);
  const { language } = state.ui;
  const { shortCode: code } = LOOP_TEXTS[language];
  const running = line === 'timeout' ? 'poll' : line === 'waker' ? 'each' : line;
  const at = (text: Pick<CodeText, 'line' | 'code' | 'phase'>): string => codeRow(text, running, theme, size.width);
  return [
    at({ line: 'write', code: isBatched(state) ? code.writeAtOnce : code.write, phase: 'write' }),
    at({ line: 'poll', code: `{poll.wait}(${timeoutArgument(state)})`, phase: 'poll' }),
    at({ line: 'each', code: code.each }),
    at({ line: 'accept', code: code.accept, phase: 'accept' }),
    clientLine(running, theme, size.width),
    at({ line: 'timers', code: code.timers, phase: 'timers' }),
  ];
}

const CLIENT_STEPS = ['read', 'decode', 'execute', 'reply'] as const;

/** `client: read decode execute reply`, with the running word in brackets, which do not move the others. */
function clientLine(running: CodeLine | null, theme: Theme, columns: number): string {
  const index = CLIENT_STEPS.findIndex((step) => step === running);
  const words = CLIENT_STEPS.flatMap((step, i) => [separator(i, index), stepSpan(step, i === index, theme)]);
  const spans = [{ text: ' client:', style: plain }, ...words, separator(CLIENT_STEPS.length, index)];
  return withGutter(index !== -1, theme, columns, (left) => spansRow(spans, left));
}

/** Between word i−1 and word i. */
function separator(i: number, running: number): Span {
  return { text: running === -1 || (i !== running && i !== running + 1) ? ' ' : i === running ? '[' : ']', style: plain };
}

function stepSpan(step: (typeof CLIENT_STEPS)[number], isHere: boolean, theme: Theme): Span {
  return { text: step, style: isHere ? theme.highlight : phaseStyle(step === 'reply' ? undefined : step, theme) };
}

const STRIP: readonly CodeLine[] = ['write', 'poll', 'accept', 'read', 'decode', 'execute', 'reply', 'timers'];

/** The whole loop in one row; only the running word, if there is no room for that. */
function strip(line: CodeLine | null, { theme, size }: PaneContext): string {
  const running = line === 'timeout' || line === 'each' || line === 'waker' ? 'poll' : line;
  const index = running === null ? -1 : STRIP.indexOf(running);
  const spans = STRIP.flatMap((step, i) => [separator(i, index), { text: step, style: i === index ? theme.highlight : theme.dim }]);
  const columns = STRIP.reduce((sum, step) => sum + step.length + 1, 1);
  return columns <= size.width ? spansRow([...spans, separator(STRIP.length, index)], size.width) : theme.highlight(fit(running ?? '', size.width));
}

function timeoutArgument(state: State): string {
  const shown = chosenTimeout(state.model.loop);
  if (shown === null || busyOf(state) !== null) return 'timeout';
  return shown.timeoutMs < 0 ? LOOP_TEXTS[state.ui.language].noLimit : formatTimeout(shown.timeoutMs);
}
