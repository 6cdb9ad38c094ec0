/**
 * The loop pane: the event loop as a dozen lines of pseudo code, the line that runs, where the time of a turn goes, and one sentence about what just happened.
 *
 * What is shown depends on the room there is: the list of {@link layoutOf} is filled from the most important part on. Nothing depends on what is being said, so that
 * the picture does not jump from event to event.
 */
import type { TraceEvent } from '../../../server/index.js';
import { isAsleep, percentilesOf, shownTurn, WORK_PHASES, type LoopModel, type TurnPicture, type WorkPhase } from '../../state/model/loop.js';
import type { State } from '../../state/state.js';
import type { Pane, PaneContext, Size } from '../pane.js';
import { barMark, stackedBar, type BarPart } from '../parts/bar.js';
import { heldSentence, sentence, timeoutWords, waitName } from '../parts/sentence.js';
import { sparkline } from '../parts/sparkline.js';
import { wrap } from '../parts/wrap.js';
import { fit, formatCount, formatMs, formatUs, row, truncate, width as widthOf } from '../text.js';
import type { Theme } from '../theme.js';
import { loopHelp } from './loop-help.js';

export const loopPane: Pane = {
  id: 'loop',
  title: 'Loop',
  badge: ({ model }) => {
    const shown = model.loop.turn ?? model.loop.last;
    return shown === null ? '' : `turn ${formatCount(shown.turn)}`;
  },
  render(state, context) {
    const { size } = context;
    const rows = layoutOf(size).flatMap(({ part, lines }) => exactly(PARTS[part](state, context, lines), lines, size.width));
    return exactly(rows, size.height, size.width);
  },
  help: loopHelp,
};

/** Cut or filled with blank rows to `count`; every row padded to `columns`. */
function exactly(rows: readonly string[], count: number, columns: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => row(columns, rows[i] ?? ''));
}

// What is shown

type PartName = 'code' | 'blank' | 'sentence' | 'bar' | 'legend' | 'wait' | 'timeout' | 'turns' | 'history' | 'counts';

interface PlacedPart {
  readonly part: PartName;
  readonly lines: number;
}

const STRIP_LINES = 1;
const SHORT_LINES = 6;
const LONG_LINES = 13;
const LEGEND_CELL = 19;
const COUNT_CELL = 26;

/** Parts from top to bottom, with their lines, together at most `height`. */
function layoutOf({ width, height }: Size): readonly PlacedPart[] {
  const lines = new Map<PartName, number>();
  let left = height;
  // Each wish is granted if it still fits; a later wish for the same part replaces the smaller one.
  const wish = (part: PartName, wanted: number): void => {
    const more = wanted - (lines.get(part) ?? 0);
    if (more > left) return;
    lines.set(part, wanted);
    left -= more;
  };
  const legendLines = gridLines(WORK_PHASES.length, LEGEND_CELL, width);
  const countLines = gridLines(COUNTED.length, COUNT_CELL, width);
  wish('sentence', 1);
  wish('bar', 1);
  wish('code', STRIP_LINES);
  wish('code', SHORT_LINES);
  if (width < 100) wish('sentence', 2);
  wish('timeout', 1);
  wish('legend', legendLines);
  wish('wait', 1);
  wish('code', LONG_LINES);
  wish('turns', 1);
  wish('counts', countLines);
  wish('history', 1);
  wish('blank', 1);
  const blank = lines.has('blank') && left >= 3;
  const order: readonly PartName[] = ['code', 'sentence', 'wait', 'timeout', 'bar', 'legend', 'turns', 'history', 'counts'];
  const placed = order.flatMap((part) => (lines.has(part) ? [{ part, lines: lines.get(part)! }] : []));
  return blank ? withBlanks(placed) : placed;
}

const BLANK: PlacedPart = { part: 'blank', lines: 1 };

/** Air between the groups, where there is room for it. */
function withBlanks(placed: readonly PlacedPart[]): readonly PlacedPart[] {
  return placed.flatMap((one) => (one.part === 'sentence' || one.part === 'wait' || one.part === 'turns' || one.part === 'counts' ? [BLANK, one] : [one]));
}

const PARTS: { readonly [name in PartName]: (state: State, context: PaneContext, lines: number) => readonly string[] } = {
  blank: () => [],
  code: codeRows,
  sentence: ({ model, control }, { theme, size }, lines) => wrap(whatHappened(model.loop, control.heldAt), size.width, lines).map((line) => (control.heldAt === null ? theme.strong(line) : theme.warn(line))),
  wait: ({ model }, { theme, size }) => [theme.dim(truncate(waitWords(model.loop), size.width))],
  timeout: ({ model }, { theme, size }) => [theme.dim(truncate(timeoutOf(model.loop), size.width))],
  bar: barRows,
  legend: legendRows,
  turns: ({ model }, { theme, size }) => [theme.dim(truncate(turnTimes(model.loop), size.width))],
  history: historyRows,
  counts: countRows,
};

function whatHappened(loop: LoopModel, heldAt: TraceEvent | null): string {
  if (heldAt !== null) return heldSentence(heldAt, loop.isEmulated);
  return loop.event === null ? 'waiting for the first event of the trace' : sentence(loop.event, loop.isEmulated);
}

function waitWords(loop: LoopModel): string {
  const shown = shownTurn(loop);
  if (shown === null || shown.waitedUs === null) return `sleeping in ${waitName(loop.isEmulated)}`;
  return `turn ${formatCount(shown.turn)}: waited ${formatUs(shown.waitedUs)}, then worked ${formatUs(workedUs(shown))}`;
}

function timeoutOf({ turn, last }: LoopModel): string {
  const shown = turn ?? last;
  return shown === null ? 'no timeout chosen yet' : timeoutWords(shown.timeoutMs, shown.why);
}

function turnTimes({ busyUs }: LoopModel): string {
  const times = percentilesOf(busyUs);
  if (times === null) return 'turn times: none yet';
  return `turn times: p50 ${formatUs(times.p50)}  p99 ${formatUs(times.p99)}  max ${formatUs(times.max)}`;
}

/** The last turns, one column each. */
function historyRows({ model }: State, { theme, size }: PaneContext): readonly string[] {
  return [theme.dim(sparkline(model.loop.busyUs, size.width, theme.glyphs))];
}

// The bar

const LETTERS: { readonly [phase in WorkPhase]: string } = { accept: 'a', read: 'r', decode: 'd', execute: 'e', write: 'w', timers: 't' };

function barParts(turn: TurnPicture | null, theme: Theme): readonly BarPart[] {
  return WORK_PHASES.map((phase) => ({ value: turn?.times[phase] ?? 0, style: theme.phase[phase], letter: LETTERS[phase] }));
}

const workedUs = ({ times }: TurnPicture): number => WORK_PHASES.reduce((sum, phase) => sum + times[phase], 0);

const BAR_LABEL_COLUMNS = 13;

function barRows({ model }: State, { theme, size }: PaneContext): readonly string[] {
  const turn = shownTurn(model.loop);
  const label = size.width > BAR_LABEL_COLUMNS * 2 ? fit(`worked ${formatUs(turn === null ? 0 : workedUs(turn))}`, BAR_LABEL_COLUMNS) + ' ' : '';
  return [label + stackedBar(barParts(turn, theme), size.width - label.length, theme.glyphs)];
}

function legendRows({ model }: State, { theme, size }: PaneContext): readonly string[] {
  const turn = shownTurn(model.loop);
  const cells = barParts(turn, theme).map((part, i) => `${barMark(part, theme.glyphs)} ${fit(`${fit(WORK_PHASES[i]!, 7)} ${formatUs(part.value)}`, LEGEND_CELL - 2)}`);
  return grid(cells, LEGEND_CELL, size.width);
}

/** Cells of equal width, as many side by side as there is room for. */
function grid(cells: readonly string[], cellColumns: number, columns: number): readonly string[] {
  const perLine = Math.max(1, Math.floor(columns / cellColumns));
  const lines: string[] = [];
  for (let i = 0; i < cells.length; i += perLine) lines.push(cells.slice(i, i + perLine).join(''));
  return lines;
}

const gridLines = (cells: number, cellColumns: number, columns: number): number => Math.ceil(cells / Math.max(1, Math.floor(columns / cellColumns)));

// The top level of the trace

const COUNTED = ['ClientConnect', 'ClientRequest', 'ClientDisconnect', 'PubSub', 'Replication'] as const;

function countRows({ model }: State, { theme, size }: PaneContext): readonly string[] {
  const cells = COUNTED.map((category) => fit(`${fit(category, 16)} ${formatCount(model.loop.counts[category])}`, COUNT_CELL));
  return grid(cells, COUNT_CELL, size.width).map(theme.dim);
}

// The code

/** The places of the loop's code that can be running. */
type CodeLine = 'write' | 'timeout' | 'poll' | 'each' | 'accept' | 'waker' | 'read' | 'decode' | 'execute' | 'reply' | 'timers';

/** Which line has just run, or runs: the loop is where its newest event came from. */
function runningLine(loop: LoopModel): CodeLine | null {
  const { event } = loop;
  if (event === null) return null;
  if (isAsleep(loop)) return 'poll';
  switch (event.kind) {
    case 'turn-begin':
      return 'timeout';
    case 'poll':
      return 'poll';
    case 'ready':
      return event.token === 1 ? 'waker' : 'each';
    case 'accept':
    case 'connect':
      return 'accept';
    case 'read':
    case 'disconnect':
      return 'read';
    case 'frame':
    case 'frame-partial':
      return 'decode';
    case 'reply':
      return 'reply';
    case 'write':
    case 'interest':
      return 'write';
    case 'timer':
    case 'turn-end':
      return 'timers';
    case 'expire':
      return event.how === 'lazy' ? 'execute' : 'timers';
    default:
      return 'execute';
  }
}

interface CodeText {
  readonly line: CodeLine | null;
  readonly code: string;
  readonly comment: string;
}

function codeRows({ model }: State, context: PaneContext, lines: number): readonly string[] {
  const running = runningLine(model.loop);
  if (lines < SHORT_LINES) return [strip(running, context)];
  return lines < LONG_LINES ? shortCode(model.loop, running, context) : longCode(model.loop, running, context);
}

function longCode(loop: LoopModel, running: CodeLine | null, { theme, size }: PaneContext): readonly string[] {
  return LONG_CODE(timeoutArgument(loop)).map((text) => codeRow(text, running, theme, size.width));
}

const LONG_CODE = (timeout: string): readonly CodeText[] => [
  { line: null, code: 'for each turn', comment: '' },
  { line: 'write', code: '  write the replies that are pending', comment: 'what a socket does not take waits for WRITABLE' },
  { line: 'timeout', code: '  timeout = time to the next timer', comment: 'none: no limit' },
  { line: 'poll', code: `  poll.wait(${timeout})`, comment: 'the thread sleeps in the kernel' },
  { line: 'each', code: '  for each ready token', comment: 'a hint, never a promise' },
  { line: 'accept', code: '    LISTENER: accept until WouldBlock', comment: 'a new token for each connection' },
  { line: 'waker', code: '    WAKER:    take messages', comment: 'from the thread of this screen' },
  { line: 'read', code: '    client:   read', comment: 'bytes that have come, maybe none' },
  { line: 'decode', code: '              decode', comment: 'bytes become requests, whole ones only' },
  { line: 'execute', code: '              execute', comment: 'one command at a time, for all clients' },
  { line: 'reply', code: '              reply', comment: 'into the output buffer, written above' },
  { line: 'timers', code: '  run the timers that are due', comment: 'last, so that ready clients never wait' },
  { line: null, code: 'and again', comment: '' },
];

const CODE_COLUMNS = 40;
/** Comments that could be shown only in part are not. */
const COMMENT_COLUMNS = 46;

function codeRow({ line, code, comment }: CodeText, running: CodeLine | null, theme: Theme, columns: number): string {
  const isRunning = line !== null && line === running;
  const text = fit(code, Math.min(CODE_COLUMNS, Math.max(0, columns - 2)));
  const shown = gutter(isRunning, theme) + (isRunning ? theme.highlight(text) : text);
  return columns >= CODE_COLUMNS + 4 + COMMENT_COLUMNS ? `${shown}  ${theme.dim(comment)}` : row(columns, cutTo(shown, columns, code));
}

/** Below three columns there is no room for the gutter. */
const cutTo = (shown: string, columns: number, code: string): string => (columns >= 3 ? shown : fit(code.trim(), columns));

const gutter = (isRunning: boolean, theme: Theme): string => (isRunning ? `${theme.glyphs.arrow} ` : '  ');

function shortCode(loop: LoopModel, running: CodeLine | null, { theme, size }: PaneContext): readonly string[] {
  const at = (code: string, ...lines: readonly CodeLine[]): string => {
    const isRunning = running !== null && lines.includes(running);
    const text = fit(code, Math.max(0, size.width - 2));
    return cutTo(gutter(isRunning, theme) + (isRunning ? theme.highlight(text) : text), size.width, code);
  };
  return [
    at('write pending replies', 'write'),
    at(`poll.wait(${timeoutArgument(loop)})`, 'timeout', 'poll'),
    at('for each ready token', 'each'),
    at('  LISTENER: accept until WouldBlock', 'accept'),
    clientLine(running, theme, size.width),
    at('run due timers', 'timers', 'waker'),
  ];
}

const CLIENT_STEPS: readonly CodeLine[] = ['read', 'decode', 'execute', 'reply'];

/** `  client: read decode execute reply`, with the word that runs marked. */
function clientLine(running: CodeLine | null, theme: Theme, columns: number): string {
  const isHere = running !== null && CLIENT_STEPS.includes(running);
  const words = marked(CLIENT_STEPS, running, theme);
  const line = `${gutter(isHere, theme)}  client:${words}`;
  return widthOf(line) <= columns ? line : fit('  client: read decode execute reply', columns);
}

/** Words in a row; the one that runs is highlighted, and stands in brackets, which do not move the others. */
function marked(words: readonly CodeLine[], running: CodeLine | null, theme: Theme): string {
  const index = running === null ? -1 : words.indexOf(running);
  if (index === -1) return ` ${words.join(' ')} `;
  const before = index === 0 ? '' : ` ${words.slice(0, index).join(' ')}`;
  const after = index === words.length - 1 ? '' : `${words.slice(index + 1).join(' ')} `;
  return before + theme.highlight(`[${words[index]}]`) + after;
}

const STRIP: readonly CodeLine[] = ['write', 'poll', 'accept', 'read', 'decode', 'execute', 'reply', 'timers'];

/** The whole loop in one row. */
function strip(running: CodeLine | null, { theme, size }: PaneContext): string {
  const shown = running === 'timeout' || running === 'each' ? 'poll' : running === 'waker' ? 'read' : running;
  const line = marked(STRIP, shown, theme);
  return widthOf(line) <= size.width ? line : fit(shown ?? '', size.width);
}

function timeoutArgument({ turn, last }: LoopModel): string {
  const shown = turn ?? last;
  if (shown === null) return 'timeout';
  return shown.timeoutMs < 0 ? 'no limit' : formatMs(shown.timeoutMs);
}
