/**
 * The frames pane: what clients have said and what they were answered, as it was decoded and encoded, newest at the bottom.
 *
 *       tok  no  frame                                 size      time
 *     >  #5   3  SET greeting hello EX 60              54 B     12 µs
 *     <  #5   3  OK                                     5 B
 *   ▶ >  #6   1  have 12 of 40                         12 B      half
 *
 * An open frame shows its tree of RESP values beside its bytes; what the cursor stands on in the one is marked in the other.
 */
import { frameId, type FramedRow, type FrameRead, type FrameRow, type PartialRow, type ReplyRow, type RequestRow } from '../../state/model/frames.js';
import type { RespNode } from '../../state/select/resp-tree.js';
import { requestTree, respTree } from '../../state/select/resp-tree.js';
import type { State } from '../../state/state.js';
import type { HelpEntry, Pane, PaneContext, Size } from '../pane.js';
import { fill } from '../parts/fill.js';
import { bytesPerRow, hexRows, hexWidth } from '../parts/hex.js';
import { growingWindow, tableWindow } from '../parts/list-window.js';
import { bodyRow, headerRow, layoutColumns, type Column } from '../parts/table.js';
import { passesWords } from '../parts/word-filter.js';
import { fit, formatBytes, formatCount, formatUs, truncate, visible } from '../text.js';
import type { Style, Theme } from '../theme.js';

/** Nodes looked at for a reply's row in the list. */
const SUMMARY_NODES = 12;

/** In fewer rows an open frame leaves out where it came from. */
const LEAST_ROWS = 6;

/** A tree needs so many columns beside its bytes; in less it stands above them. */
const TREE_COLUMNS = 20;

/** A tree in fewer columns says types by their mark. */
const WORDY_TREE_COLUMNS = 32;

export const framesPane: Pane = {
  id: 'frames',
  title: 'Frames',
  badge: (state) => {
    const { frozenAt, filter } = state.ui.panes.frames;
    const since = frozenAt === null ? 0 : state.model.frames.rows.end - frozenAt;
    return [since > 0 ? `${formatCount(since)} new` : '', filter === '' ? '' : `/${visible(bytesOf(filter))}`].filter((text) => text !== '').join(' ');
  },
  render: (state, context) => {
    const open = openRow(state);
    return open === null ? renderList(state, context) : renderOpen(state, open, context);
  },
  rows: (state) => filtered(state).map(frameId),
  length: (state) => state.model.frames.rows.end,
  openRows: (state) => {
    const open = openRow(state);
    return open === null ? 0 : treeOf(open).length;
  },
  checkFilter: () => null,
  help: { about: helpAbout(), entries: helpEntries() },
};

/** The row that is open; null if none is, or if it has been forgotten meanwhile. */
function openRow(state: State): FramedRow | null {
  const { isOpen, selected } = state.ui.panes.frames;
  if (!isOpen || selected === null) return null;
  const row = state.model.frames.rows.items().find((each) => frameId(each) === selected);
  return row === undefined || row.kind === 'gap' ? null : row;
}

function filtered(state: State): readonly FrameRow[] {
  const rows = state.model.frames.rows.items();
  const { filter } = state.ui.panes.frames;
  return filter === '' ? rows : rows.filter((row) => passes(row, bytesOf(filter)));
}

function passes(row: FrameRow, filter: string): boolean {
  if (row.kind === 'gap') return false;
  return passesWords(filter, row.kind === 'partial' ? 'half' : row.kind === 'request' ? row.argv.join(' ') : row.raw, row.token);
}

/** What is typed is text; frames are bytes. */
const bytesOf = (text: string): string => Buffer.from(text).toString('latin1');

// The list

function renderList(state: State, { theme, size, isFocused }: PaneContext): readonly string[] {
  const { width, height } = size;
  const { rows, at, window } = visibleRows(state, height - 1);
  const placed = layoutColumns(columnsOf(state, rows, theme), width);
  const marked = isFocused ? theme.highlight : theme.selected;
  const lines = rows.slice(window.start, window.end).map((row, i) => bodyRow(placed, row, width, window.start + i === at ? marked : undefined));
  return fill([headerRow(placed, width, theme.dim), ...lines], width, height);
}

/** Rows of the list, where the selected one is, and which are on the screen. */
function visibleRows(state: State, height: number): { readonly rows: readonly FrameRow[]; readonly at: number; readonly window: { readonly start: number; readonly end: number } } {
  const { selected, frozenAt, scroll } = state.ui.panes.frames;
  const rows = filtered(state);
  const at = selected === null ? -1 : rows.findIndex((row) => frameId(row) === selected);
  // A filtered list has positions of its own: what came after the view was frozen is left out by its distance from the end.
  const trail = state.model.frames.rows;
  const isFiltered = rows.length !== trail.length;
  const frozen = frozenAt === null || isFiltered ? null : Math.max(0, frozenAt - trail.first);
  return { rows, at, window: growingWindow(0, rows.length, height, { frozenAt: frozen, scroll }, at) };
}

function columnsOf({ ui }: State, rows: readonly FrameRow[], theme: Theme): readonly Column<FrameRow>[] {
  const tokenColumns = Math.max(3, ...rows.map((row) => (row.kind === 'gap' ? 0 : `#${row.token}`.length)));
  const frameColumns = Math.max(3, ...rows.map((row) => (row.kind === 'gap' ? 0 : String(row.frame).length)));
  const colored = (row: FrameRow): Style => (row.kind === 'gap' ? theme.dim : theme.token(row.token));
  return [
    { header: '', width: 1, cell: (row) => (frameId(row) === ui.panes.frames.selected ? theme.glyphs.arrow : '') },
    { header: '', width: 1, cell: markOf, style: colored },
    { header: 'tok', width: tokenColumns, align: 'right', cell: (row) => (row.kind === 'gap' ? '' : `#${row.token}`), style: colored },
    { header: 'no', width: frameColumns, align: 'right', rank: 3, cell: (row) => (row.kind === 'gap' || row.frame === 0 ? '' : String(row.frame)), style: () => theme.dim },
    { header: 'frame', width: { min: 20 }, cell: textOf, style: (row) => textStyle(row, theme) },
    { header: 'size', width: 8, align: 'right', rank: 2, cell: sizeOf, style: () => theme.dim },
    { header: 'time', width: 7, align: 'right', rank: 1, cell: timeOf, style: (row) => (isWaiting(row) ? theme.warn : theme.dim) },
  ];
}

function markOf(row: FrameRow): string {
  return row.kind === 'gap' ? '~' : row.kind === 'reply' ? '<' : '>';
}

function sizeOf(row: FrameRow): string {
  return row.kind === 'gap' ? '' : formatBytes(row.kind === 'partial' ? row.have : row.bytes);
}

const isWaiting = (row: FrameRow): boolean => row.kind === 'partial' || (row.kind === 'request' && row.parkedOn !== null);

function timeOf(row: FrameRow): string {
  if (row.kind === 'gap') return '';
  if (row.kind === 'partial') return 'half';
  if (row.kind === 'request' && row.parkedOn !== null) return 'parked';
  return row.kind === 'reply' || row.elapsedUs === null ? '' : formatUs(row.elapsedUs);
}

function textOf(row: FrameRow): string {
  if (row.kind === 'gap') return `${formatCount(row.commands)} ${row.commands === 1 ? 'command' : 'commands'} not shown`;
  if (row.kind === 'partial') return `have ${formatCount(row.have)} of ${formatCount(row.need)}`;
  return row.kind === 'request' ? requestText(row) : replyText(row);
}

function textStyle(row: FrameRow, theme: Theme): Style {
  if (row.kind === 'gap') return theme.dim;
  if (row.kind === 'partial') return theme.warn;
  if (row.kind === 'request') return (text) => text;
  return row.raw.startsWith('-') || row.raw.startsWith('!') ? theme.bad : theme.dim;
}

function requestText(row: RequestRow): string {
  const more = row.argumentCount > row.argv.length ? ` … ${row.argumentCount} arguments` : '';
  const parked = row.parkedOn === null ? '' : `waits for ${row.parkedOn.map((key) => visible(key, 32)).join(' ')}: `;
  return parked + row.argv.map(argumentText).join(' ') + more;
}

/** As redis-cli would want it typed, if quotes are needed. */
function argumentText(argument: string): string {
  const text = visible(argument, 80);
  return text === '' || /[\s"']/.test(text) ? `"${text.replaceAll('"', '\\"')}"` : text;
}

function replyText(row: ReplyRow): string {
  const nodes = respTree(row.raw, SUMMARY_NODES);
  const first = nodes[0];
  if (first === undefined) return '';
  const rest = nodes.filter((node) => node.depth === 1).map((node) => brief(node, row.raw));
  return (row.isPush ? 'push: ' : '') + brief(first, row.raw) + (rest.length === 0 ? '' : `: ${rest.join(', ')}`);
}

/** A value in a few words, as redis-cli would say them. */
function brief(node: RespNode, raw: string): string {
  const body = visible(raw.slice(node.bodyStart, node.bodyEnd), 64);
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
      return `"${body}"`;
    case 'inline request':
    case 'no RESP':
      return '';
    default:
      return `(${node.type} of ${node.length ?? 0})`;
  }
}

// An open frame

function renderOpen(state: State, frame: FramedRow, { theme, size, isFocused }: PaneContext): readonly string[] {
  const { width, height } = size;
  const origin = theme.dim(fit(originText(frame), width));
  const head = [theme.token(frame.token)(fit(headText(frame), width)), ...(height < LEAST_ROWS ? [] : [origin])];
  if (frame.kind === 'partial') return fill([...head, theme.dim(fit('its bytes are shown once it is whole', width))], width, height);
  const body = { width, height: height - head.length };
  const nodes = treeOf(frame);
  const cursor = Math.min(Math.max(0, state.ui.panes.frames.cursor), nodes.length - 1);
  const rows = body.width >= TREE_COLUMNS + hexWidth(4) + 1 ? sideBySide : stacked;
  return fill([...head, ...rows(frame, nodes, cursor, body, theme, isFocused)], width, height);
}

type OpenFrame = RequestRow | ReplyRow;
type OpenBody = (frame: OpenFrame, nodes: readonly RespNode[], cursor: number, size: Size, theme: Theme, isFocused: boolean) => readonly string[];

const sideBySide: OpenBody = (frame, nodes, cursor, { width, height }, theme, isFocused) => {
  const right = hexWidth(bytesPerRow(width - TREE_COLUMNS - 1));
  const left = width - right - 1;
  const tree = treeRows(frame, nodes, cursor, { width: left, height }, theme, isFocused);
  const bytes = byteRows(frame, nodes[cursor], { width: right, height }, theme);
  return tree.map((line, i) => `${line} ${bytes[i]!}`);
};

const stacked: OpenBody = (frame, nodes, cursor, { width, height }, theme, isFocused) => {
  const above = Math.min(nodes.length, Math.ceil(height / 2));
  return [...treeRows(frame, nodes, cursor, { width, height: above }, theme, isFocused), ...byteRows(frame, nodes[cursor], { width, height: height - above }, theme)];
};

function treeRows(frame: OpenFrame, nodes: readonly RespNode[], cursor: number, { width, height }: Size, theme: Theme, isFocused: boolean): readonly string[] {
  const { start, end } = tableWindow(nodes.length, height, cursor, 0);
  const lines = nodes.slice(start, end).map((node, i) => {
    const isCursor = start + i === cursor;
    const text = fit(`${isCursor ? theme.glyphs.arrow : ' '}${'  '.repeat(node.depth)}${nodeText(node, frame.raw, width)}`, width);
    return isCursor ? (isFocused ? theme.highlight : theme.selected)(text) : text;
  });
  return fill(lines, width, height);
}

function nodeText(node: RespNode, raw: string, width: number): string {
  const cut = node.isCut ? ' (cut)' : '';
  if (width < WORDY_TREE_COLUMNS && node.length !== null) return `${raw[node.start]!}${node.length}${cut} ${node.bodyStart > node.start + 1 ? quoted(node, raw) : ''}`;
  if (node.type === 'inline request' || node.type === 'no RESP') return node.type + cut;
  if (node.type in { array: 0, set: 0, push: 0, map: 0, attribute: 0 }) return `${node.type} of ${node.length ?? 0}${cut}`;
  const length = node.length === null ? '' : ` ${formatCount(node.length)}`;
  return `${node.type}${length}${cut} ${node.type === 'null' ? '' : quoted(node, raw)}`;
}

const quoted = (node: RespNode, raw: string): string => `"${visible(raw.slice(node.bodyStart, node.bodyEnd), 64)}"`;

/** The bytes, moved so far that the marked ones are in sight; the last row says how many there are besides. */
function byteRows(frame: OpenFrame, marked: RespNode | undefined, { width, height }: Size, theme: Theme): readonly string[] {
  const all = hexRows(frame.raw, width, marked ?? null, readsOf(frame).map((read) => read.start), theme);
  const isCut = frame.bytes > frame.raw.length;
  const room = isCut ? height - 1 : height;
  const count = bytesPerRow(width);
  const first = marked === undefined ? 0 : Math.floor(marked.start / count);
  const last = marked === undefined ? 0 : Math.floor(Math.max(marked.start, marked.end - 1) / count);
  // The whole range if it fits, its beginning otherwise.
  const start = Math.max(0, Math.min(first, Math.max(last - room + 1, 0)));
  const from = last - first >= room ? first : start;
  const more = isCut ? [theme.dim(fit(`the first ${formatCount(frame.raw.length)} of ${formatCount(frame.bytes)} bytes`, width))] : [];
  return fill([...fill(all.slice(from, from + Math.max(0, room)), width, room), ...more], width, height);
}

const readsOf = (frame: FramedRow): readonly FrameRead[] => (frame.kind === 'reply' ? [] : frame.reads);

function treeOf(frame: FramedRow): readonly RespNode[] {
  if (frame.kind === 'partial') return [];
  return frame.kind === 'reply' ? respTree(frame.raw) : requestTree(frame.raw);
}

function headText(frame: FramedRow): string {
  const what = frame.kind === 'reply' ? (frame.isPush ? 'push' : 'reply') : frame.kind === 'partial' ? 'half a request' : 'request';
  const number = frame.frame === 0 ? '' : ` ${frame.frame}`;
  const elapsed = frame.kind === 'partial' || frame.elapsedUs === null ? '' : `, executed in ${formatUs(frame.elapsedUs)}`;
  const size = frame.kind === 'partial' ? partialText(frame) : formatBytes(frame.bytes);
  return `#${frame.token} ${what}${number}, ${size}${elapsed}`;
}

const partialText = (row: PartialRow): string => `have ${formatCount(row.have)} of ${formatCount(row.need)}`;

/** Which reads brought it. */
function originText(frame: FramedRow): string {
  if (frame.kind === 'reply') return 'encoded into the output buffer';
  if (frame.reads.length === 0) return 'the reads that brought it are not known';
  return truncate(`brought by ${frame.reads.map(readText).join(' | ')}`, 512);
}

function readText({ turn, bytes, start, end }: FrameRead): string {
  const share = end - start < bytes ? `, ${formatCount(end - start)} of them here` : '';
  return `read of ${formatCount(bytes)} B in turn ${turn}${share}`;
}

function helpAbout(): string {
  return 'Requests (>) and replies (<) in the order in which they were decoded and encoded. Each client has its own numbers. Enter opens a frame: its values as a tree beside its bytes.';
}

function helpEntries(): readonly HelpEntry[] {
  return [
    { term: '>', meaning: 'A request that a client has sent.' },
    { term: '<', meaning: 'A reply that the server has put into the output buffer of that client. It leaves before the loop sleeps again.' },
    { term: 'tok', meaning: 'The token of the connection, in its colour.' },
    { term: 'no', meaning: 'The number of the request on its connection; its reply has the same.' },
    { term: 'frame', meaning: 'One whole request or reply. A stream of bytes has no borders of its own: the decoder finds where a frame ends by the lengths that stand in it.' },
    { term: 'size', meaning: 'Bytes on the wire, types, lengths and line ends included.' },
    { term: 'time', meaning: 'How long the command was executed. Waiting, reading and writing are not in it.' },
    { term: 'have 12 of 40', meaning: 'Half a frame: so many bytes have come, and at least so many are needed. The beginning is kept in the query buffer until the rest comes.' },
    { term: 'parked', meaning: 'A blocking command that found nothing. Its reply comes when one of its keys is ready, or when its time is over.' },
    { term: '~', meaning: 'A gap. At full speed the server does more than the trace can tell: so many commands were only counted.' },
    { term: 'filter', meaning: 'Words that stand in a request or reply; #7 is that token.' },
    { term: 'push', meaning: 'Something that no request of this client asked for: a published message, an invalidation, a line of MONITOR.' },
    { term: 'RESP', meaning: 'The protocol of Redis. A byte says the type (+ - : $ * and more), then comes a value or a length, and every line ends with CR LF (0d 0a).' },
    { term: 'bulk string', meaning: '$ and a length, then exactly so many bytes of any kind. Requests are arrays of bulk strings.' },
    { term: 'simple string', meaning: '+ and a short text up to the end of the line, such as OK.' },
    { term: 'array', meaning: '* and a count, then so many values. Sets (~), maps (%) and pushes (>) are alike; RESP3 has them.' },
    { term: 'inline request', meaning: 'A line of plain words instead of RESP, so that telnet will do to talk to the server.' },
    { term: 'read', meaning: 'One call of read(2) on the socket. A frame may need several of them, and one may bring many frames; | in the bytes shows where another read begins.' },
    { term: '[ ]', meaning: 'The bytes of the value that the cursor stands on in the tree.' },
    { term: 'cut', meaning: 'The trace carries only the first 512 bytes of a frame.' },
  ];
}
