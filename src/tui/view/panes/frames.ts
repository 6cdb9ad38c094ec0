/**
 * The frames pane: decoded requests and encoded replies, newest at the bottom.
 *
 *       tok  nr  frame                                 size      time
 *     >  #5   3  SET greeting hello EX 60              54 B     12 µs
 *     <  #5   3  OK                                     5 B
 *   ▶ >  #6   1  have 12 of 40                         12 B      half
 *
 * open-frame.ts draws an open frame.
 */
import type { Language } from '../../../shared/language.js';
import { frameId, SHOWN_ARGUMENT_BYTES, type FramedRow, type FrameRow, type ReplyRow, type RequestRow } from '../../state/model/frames.js';
import { respTree, type RespNode } from '../../state/select/resp-tree.js';
import type { State } from '../../state/state.js';
import { toBytes } from '../../state/typed-text.js';
import type { Conditions } from '../../state/conditions.js';
import type { Pane, PaneContext } from '../pane.js';
import { fill } from '../parts/fill.js';
import { frozenBadge } from '../parts/frozen.js';
import { growingWindow } from '../parts/list-window.js';
import { bodyRow, headerRow, layoutColumns, toldRow, type Column } from '../parts/table.js';
import { checkFilter, filterOf, passes, type Filterable } from '../parts/filter.js';
import { fit, formatBytes, formatUs, quoted, visible, width as widthOf } from '../text.js';
import { durationStyle, type Style, type Theme } from '../theme.js';
import { FRAMES_TEXTS } from './frames-texts.js';
import { bytesOf, renderFrame, treeOf } from './open-frame.js';

/** Nodes examined for a reply's row in the list. */
const SUMMARY_NODES = 12;

export const framesPane: Pane = {
  id: 'frames',
  title: 'Frames',
  badge: (state, columns) => {
    const { frozenAt, filter } = state.ui.panes.frames;
    const named = filter === '' ? '' : ` /${visible(toBytes(filter))}`;
    if (frozenAt === null && named === '') return state.ui.focus === 'frames' ? FRAMES_TEXTS[state.ui.language].toCommands : '';
    return `${frozenAt === null ? '' : frozenWords(state, frozenAt, columns - widthOf(named))}${named}`.trimStart();
  },
  render: (state, context) => {
    const open = openRow(state);
    const { cursor, byte } = state.ui.panes.frames;
    return open === null ? renderList(state, context) : renderFrame(open, { node: cursor, byte }, context, state.ui.language);
  },
  rows: (state) => filtered(state).map(frameId),
  length: (state) => state.model.frames.rows.end,
  forgotten: (state) => state.model.frames.rows.first,
  openRows: (state) => {
    const open = openRow(state);
    return open === null ? 0 : treeOf(open).length;
  },
  openBytes: (state, size) => {
    const open = openRow(state);
    return open === null ? null : bytesOf(open, size);
  },
  lines: (state, limit, theme) => {
    const rows = filtered(state).slice(-limit);
    const { language } = state.ui;
    return rows.length === 0 ? [FRAMES_TEXTS[language].none] : rows.map((row) => lineText(row, columnsOf(state, [row], theme), theme, language));
  },
  checkFilter: (text) => checkFilter(text, ['token', 'command', 'key', 'longerThanUs', 'error']),
  help: 'frames',
};

/** The open row; null if there is none, or if it has been dropped meanwhile. */
function openRow(state: State): FramedRow | null {
  const { isOpen, selected } = state.ui.panes.frames;
  if (!isOpen || selected === null) return null;
  const row = state.model.frames.rows.items().find((each) => frameId(each) === selected);
  return row === undefined || row.kind === 'gap' ? null : row;
}

/** The rows that pass the filter. Cached, because drawing a frame needs them several times. */
function filtered(state: State): readonly FrameRow[] {
  const { rows } = state.model.frames;
  const { filter } = state.ui.panes.frames;
  const conditions = filterOf(filter);
  if (conditions === null) return rows.items();
  if (lastFiltered.trail !== rows || lastFiltered.filter !== filter) lastFiltered = { trail: rows, filter, rows: passing(rows.items(), conditions) };
  return lastFiltered.rows;
}

let lastFiltered: { readonly trail: object | null; readonly filter: string; readonly rows: readonly FrameRow[] } = { trail: null, filter: '', rows: [] };

/** A request and its replies are filtered together: a condition that holds for one holds for both. */
function passing(rows: readonly FrameRow[], conditions: Conditions): readonly FrameRow[] {
  const exchanges = new Map<string, FramedRow[]>();
  for (const row of rows) if (row.kind !== 'gap') exchanges.set(exchangeOf(row), [...(exchanges.get(exchangeOf(row)) ?? []), row]);
  const wanted = new Set([...exchanges].flatMap(([id, parts]) => (passes(conditions, filterableOf(parts)) ? [id] : [])));
  return rows.filter((row) => row.kind !== 'gap' && wanted.has(exchangeOf(row)));
}

/** Unsolicited frames, and frames without a known number, stand alone. */
const exchangeOf = (row: FramedRow): string => (row.frame === 0 || (row.kind === 'reply' && row.isPush) ? `alone ${row.seq}` : `${row.token} ${row.frame}`);

function filterableOf(parts: readonly FramedRow[]): Filterable {
  const request = parts.find((row) => row.kind === 'request');
  const replies = parts.filter((row) => row.kind === 'reply');
  return {
    text: parts.map((row) => (row.kind === 'request' ? row.argv.join(' ') : row.kind === 'reply' ? row.raw : 'half')).join(' '),
    token: parts[0]!.token,
    // Until it has been executed, any argument may be a key.
    ...(request === undefined ? {} : { command: request.argv[0]?.toLowerCase() ?? '', keys: request.keys ?? request.argv.slice(1) }),
    elapsedUs: request?.elapsedUs ?? replies[0]?.elapsedUs ?? null,
    isError: replies.some(({ raw }) => isErrorReply(raw)),
  };
}

const isErrorReply = (raw: string): boolean => raw.startsWith('-') || raw.startsWith('!');

/** With a filter only the rows that pass it count, as far as they are stored. */
function frozenWords(state: State, frozenAt: number, columns: number): string {
  const { rows } = state.model.frames;
  const { language } = state.ui;
  if (filterOf(state.ui.panes.frames.filter) === null) return frozenBadge(rows.end - frozenAt, columns, language);
  return frozenBadge(filtered(state).length - filteredBefore(state, frozenAt), columns, language, frozenAt < rows.first);
}

/** Number of rows before an absolute position that pass the filter. */
function filteredBefore(state: State, position: number): number {
  const { rows } = state.model.frames;
  if (filterOf(state.ui.panes.frames.filter) === null) return Math.max(0, position - rows.first);
  const shown = new Set(filtered(state));
  return rows.slice(rows.first, position).filter((row) => shown.has(row)).length;
}

// The list

function renderList(state: State, { theme, size, isFocused }: PaneContext): readonly string[] {
  const { width, height } = size;
  const { rows, at, window } = visibleRows(state, height - 1);
  const placed = layoutColumns(columnsOf(state, rows, theme), width);
  const marked = isFocused ? theme.highlight : theme.selected;
  const lines = rows.slice(window.start, window.end).map((row, i) => bodyRow(placed, row, width, window.start + i === at ? marked : undefined));
  const { filter } = state.ui.panes.frames;
  const isUnmatched = rows.length === 0 && filter !== '';
  const empty = isUnmatched ? [theme.dim(fit(FRAMES_TEXTS[state.ui.language].noMatch(theme.typed(toBytes(filter))), width))] : [];
  return fill([headerRow(placed, width, theme.dim), ...lines, ...empty], width, height);
}

interface VisibleRows {
  readonly rows: readonly FrameRow[];
  readonly at: number;
  readonly window: { readonly start: number; readonly end: number };
}

/** Rows of the list, the position of the selected one, and the visible range. */
function visibleRows(state: State, height: number): VisibleRows {
  const { selected, frozenAt, scroll } = state.ui.panes.frames;
  const rows = filtered(state);
  const at = selected === null ? -1 : rows.findIndex((row) => frameId(row) === selected);
  const frozen = frozenAt === null ? null : Math.max(filteredBefore(state, frozenAt), state.model.frames.rows.first > 0 ? height : 0);
  return { rows, at, window: growingWindow(0, rows.length, height, { frozenAt: frozen, scroll }, at) };
}

function columnsOf({ ui }: State, rows: readonly FrameRow[], theme: Theme): readonly Column<FrameRow>[] {
  const tokenColumns = Math.max(3, ...rows.map((row) => (row.kind === 'gap' ? 0 : `#${row.token}`.length)));
  const frameColumns = Math.max(3, ...rows.map((row) => (row.kind === 'gap' ? 0 : String(row.frame).length)));
  const colored = (row: FrameRow): Style => (row.kind === 'gap' ? theme.dim : theme.token(row.token));
  return [
    { header: '', width: 1, cell: (row) => (frameId(row) === ui.panes.frames.selected ? theme.glyphs.arrow : '') },
    { header: '', width: 1, cell: markOf, style: colored },
    { header: 'tok', name: 'token', width: tokenColumns, align: 'right', cell: (row) => (row.kind === 'gap' ? '' : `#${row.token}`), style: colored },
    {
      header: 'nr',
      name: 'number',
      width: frameColumns,
      align: 'right',
      rank: 3,
      cell: (row) => (row.kind === 'gap' || row.frame === 0 ? '' : String(row.frame)),
      style: () => theme.dim,
    },
    { header: 'frame', width: { min: 20 }, cell: (row) => textOf(row, theme, ui.language), style: (row) => textStyle(row, theme) },
    { header: 'size', width: 8, align: 'right', rank: 2, cell: sizeOf, style: () => theme.dim },
    { header: 'time', width: 7, align: 'right', rank: 1, cell: timeOf, style: (row) => timeStyle(row, theme) },
  ];
}

/** A row for the narration. */
function lineText(row: FrameRow, columns: readonly Column<FrameRow>[], theme: Theme, language: Language): string {
  if (row.kind === 'gap') return textOf(row, theme, language);
  return `${FRAMES_TEXTS[language].kinds[row.kind]}: ${toldRow(columns, row)}`;
}

function markOf(row: FrameRow): string {
  return row.kind === 'gap' ? '~' : row.kind === 'reply' ? '<' : '>';
}

function sizeOf(row: FrameRow): string {
  return row.kind === 'gap' ? '' : formatBytes(row.kind === 'partial' ? row.have : row.bytes);
}

function timeStyle(row: FrameRow, theme: Theme): Style {
  if (row.kind === 'partial') return theme.warn;
  return row.kind !== 'request' ? theme.dim : row.elapsedUs === null ? (text) => text : durationStyle(row.elapsedUs, theme);
}

function timeOf(row: FrameRow): string {
  if (row.kind === 'gap') return '';
  if (row.kind === 'partial') return 'half';
  if (row.kind === 'request' && row.parkedOn !== null) return 'parked';
  // A replay measures nothing.
  return row.kind === 'reply' || row.elapsedUs === null || row.elapsedUs === 0 ? '' : formatUs(row.elapsedUs);
}

function textOf(row: FrameRow, theme: Theme, language: Language): string {
  const texts = FRAMES_TEXTS[language];
  if (row.kind === 'gap') return texts.gap(row.commands);
  if (row.kind === 'partial') return texts.partial(row.have, row.need);
  return row.kind === 'request' ? requestText(row, theme, language) : replyText(row, theme);
}

function textStyle(row: FrameRow, theme: Theme): Style {
  if (row.kind === 'gap') return theme.dim;
  if (row.kind === 'partial') return theme.warn;
  if (row.kind === 'request') return (text) => text;
  return isErrorReply(row.raw) ? theme.bad : theme.dim;
}

export function requestText(row: RequestRow, theme: Theme, language: Language): string {
  const texts = FRAMES_TEXTS[language];
  const more = row.argumentCount > row.argv.length ? ` … ${texts.arguments(row.argumentCount)}` : '';
  const parked = row.parkedOn === null ? '' : `${texts.waitsFor(row.parkedOn.map((key) => theme.visible(key, 32)).join(' '))}: `;
  return parked + row.argv.map((argument) => argumentText(argument, theme)).join(' ') + more;
}

/** Quoted as for redis-cli, if quotes are needed. */
function argumentText(argument: string, { visible }: Theme): string {
  return argument === '' || /[\s"'\\]/.test(argument) ? quoted(argument, { visible }, SHOWN_ARGUMENT_BYTES) : visible(argument, SHOWN_ARGUMENT_BYTES);
}

export function replyText(row: ReplyRow, theme: Theme): string {
  const nodes = respTree(row.raw, SUMMARY_NODES);
  const first = nodes[0];
  if (first === undefined) return '';
  if (first.type === 'no RESP') return argumentText(row.raw, theme);
  const rest = nodes.filter((node) => node.depth === 1).map((node) => brief(node, row.raw, theme));
  if (rest.length > 0 && rest.length < childCount(first)) rest.push('…');
  return (row.isPush ? 'push: ' : '') + brief(first, row.raw, theme) + (rest.length === 0 ? '' : `: ${rest.join(', ')}`);
}

/** Number of values one level below a node. */
const childCount = ({ type, length }: RespNode): number => (length ?? 0) * (type === 'map' || type === 'attribute' ? 2 : 1);

/** A short form of a value, as in redis-cli. */
function brief(node: RespNode, raw: string, theme: Theme): string {
  const bytes = raw.slice(node.bodyStart, node.bodyEnd);
  const end = node.isCut ? '…' : '';
  const body = theme.visible(bytes) + end;
  switch (node.type) {
    case 'simple string':
    case 'double':
    case 'big number':
      return body;
    case 'boolean':
      return body === 't' ? '(true)' : '(false)';
    case 'integer':
      return `(integer) ${body}`;
    case 'error':
    case 'bulk error':
      return `(error) ${body}`;
    case 'null':
      return '(nil)';
    case 'bulk string':
    case 'verbatim string':
    case 'word':
      return quoted(bytes, theme).replace(/"$/, `${end}"`);
    case 'inline request':
    case 'no RESP':
      return '';
    default:
      return `(${node.type} of ${node.length ?? 0})`;
  }
}
