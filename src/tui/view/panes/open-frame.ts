/**
 * An open frame: its RESP values as a tree beside its bytes, and the reads that brought them. Part of the frames pane.
 *
 *   #5 request 3, 61 B, executed in 12 µs
 *   byte 44 of 61: 0x24 "$", by the 2nd of 2 reads: 32 B in turn 812
 *    array of 5                 0020 68 65 6c 6c 6f 20 77 6f 72 6c 64|0d 0a>24<32 0d
 *   ▶  bulk string 2 "EX"       0030 0a 45 58 0d 0a]24 32 0d 0a 36 30 0d 0a
 *
 * The cursor moves in one of the two, and marks the matching part of the other: the bytes of a node, or the node of a byte.
 */
import type { Language } from '../../../shared/language.js';
import type { FramedRow, FrameRead, ReplyRow, RequestRow } from '../../state/model/frames.js';
import { nodeAt, requestTree, respTree, type RespNode } from '../../state/select/resp-tree.js';
import type { OpenBytes, PaneContext, Size } from '../pane.js';
import { fill } from '../parts/fill.js';
import { bytesPerRow, hexRows, hexWidth, type Range } from '../parts/hex.js';
import { FRAMES_TEXTS } from './frames-texts.js';
import { tableWindow } from '../parts/list-window.js';
import { fit, formatBytes, formatCount, formatUs, quoted, truncate } from '../text.js';
import type { Theme } from '../theme.js';

/** With fewer rows there is room for only one line above the tree. */
const LEAST_ROWS = 6;

/** Minimum width of a tree beside its bytes; otherwise it is above them. */
const TREE_COLUMNS = 20;

/** A narrower tree shows types by their mark. */
const WORDY_TREE_COLUMNS = 32;

/** The cursor's position: a node of the tree, and, while it moves in the bytes, a byte. */
export interface FrameCursor {
  readonly node: number;
  readonly byte: number | null;
}

type WholeFrame = RequestRow | ReplyRow;

export function renderFrame(frame: FramedRow, { node, byte }: FrameCursor, { theme, size, isFocused }: PaneContext, language: Language): readonly string[] {
  const { width, height } = size;
  const nodes = treeOf(frame);
  const at = Math.min(Math.max(0, node), nodes.length - 1);
  const view: View = { frame, nodes, at, marked: nodes[at] ?? null, byte, theme, isFocused, texts: FRAMES_TEXTS[language] };
  const head = headRows(view, size);
  if (frame.kind === 'partial') return fill([...head, theme.dim(fit(view.texts.wholeFirst, width))], width, height);
  const body = { width, height: height - head.length };
  return fill([...head, ...(isBeside(width) ? sideBySide : stacked)({ ...view, frame }, body)], width, height);
}

/** The possible nodes of the cursor. */
export function treeOf(frame: FramedRow): readonly RespNode[] {
  if (frame.kind === 'partial') return [];
  return frame.kind === 'reply' ? respTree(frame.raw) : requestTree(frame.raw);
}

/** The possible bytes of the cursor; null for half a frame, whose bytes are not in the trace. */
export function bytesOf(frame: FramedRow, { width }: Size): OpenBytes | null {
  const nodes = treeOf(frame);
  if (frame.kind === 'partial' || nodes.length === 0) return null;
  return {
    count: frame.raw.length,
    perRow: bytesPerRow(hexColumns(width)),
    rowOf: (byte) => nodeAt(nodes, byte),
    beginningOf: (row) => nodes[Math.min(row, nodes.length - 1)]!.start,
  };
}

interface View {
  readonly frame: FramedRow;
  readonly nodes: readonly RespNode[];
  /** The node of the cursor. */
  readonly at: number;
  readonly marked: RespNode | null;
  readonly byte: number | null;
  readonly theme: Theme;
  readonly isFocused: boolean;
  readonly texts: Texts;
}

type Texts = (typeof FRAMES_TEXTS)[Language];

type WholeView = View & { readonly frame: WholeFrame };

// Its kind and its origin

function headRows({ frame, marked, byte, theme, texts }: View, { width, height }: Size): readonly string[] {
  const what = theme.token(frame.token)(fit(headText(frame, texts), width));
  const origin =
    byte === null || frame.kind === 'partial'
      ? theme.dim(fit(originText(frame, marked, texts, texts.brought), width))
      : theme.strong(fit(byteText(frame, byte, theme, texts), width));
  if (height >= LEAST_ROWS) return [what, origin];
  // While moving through the bytes, their owner is known.
  return [byte === null ? what : origin];
}

function headText(frame: FramedRow, texts: Texts): string {
  const what = texts.kinds[frame.kind === 'reply' && frame.isPush ? 'push' : frame.kind];
  const number = frame.frame === 0 ? '' : ` ${frame.frame}`;
  const elapsed = frame.kind === 'partial' || frame.elapsedUs === null || frame.elapsedUs === 0 ? '' : `, ${texts.executedIn(formatUs(frame.elapsedUs))}`;
  const size = frame.kind === 'partial' ? texts.partial(frame.have, frame.need) : formatBytes(frame.bytes);
  return `#${frame.token} ${what}${number}, ${size}${elapsed}`;
}

function byteText(frame: WholeFrame, byte: number, { visible }: Theme, texts: Texts): string {
  const code = frame.raw.charCodeAt(byte);
  const value = `0x${code.toString(16).padStart(2, '0')} "${visible(frame.raw[byte]!)}"`;
  return texts.byte(byte + 1, frame.bytes, value, originText(frame, { start: byte, end: byte + 1 }, texts, (origin) => origin));
}

/** The reads that brought these bytes. */
function originText(frame: FramedRow, range: Range | null, texts: Texts, led: (origin: string) => string): string {
  if (frame.kind === 'reply') return texts.encoded;
  const { reads } = frame;
  if (reads.length === 0) return texts.noReads;
  const bringing = range === null ? reads : reads.filter(({ start, end }) => start < range.end && end > range.start);
  const [only] = bringing;
  if (only !== undefined && bringing.length === 1 && reads.length > 1) {
    return led(texts.byRead(reads.indexOf(only) + 1, reads.length, readText(only, texts)));
  }
  return truncate(led(texts.byReads(bringing.map((read) => readText(read, texts)))), 512);
}

const readText = ({ turn, bytes, start, end }: FrameRead, texts: Texts): string => texts.read(bytes, turn, end - start);

// The tree and the bytes

const isBeside = (width: number): boolean => width >= TREE_COLUMNS + hexWidth(4) + 1;

/** The width of the bytes in a pane of this width. */
const hexColumns = (width: number): number => (isBeside(width) ? hexWidth(bytesPerRow(width - TREE_COLUMNS - 1)) : width);

function sideBySide(view: WholeView, { width, height }: Size): readonly string[] {
  const right = hexColumns(width);
  const tree = treeRows(view, { width: width - right - 1, height });
  const bytes = byteRows(view, { width: right, height });
  return tree.map((line, i) => `${line} ${bytes[i]!}`);
}

function stacked(view: WholeView, { width, height }: Size): readonly string[] {
  const above = Math.min(view.nodes.length, Math.ceil(height / 2));
  return [...treeRows(view, { width, height: above }), ...byteRows(view, { width, height: height - above })];
}

function treeRows({ frame, nodes, at, byte, theme, isFocused, texts }: WholeView, { width, height }: Size): readonly string[] {
  const { start, end } = tableWindow(nodes.length, height, at);
  const mark = isFocused && byte === null ? theme.highlight : theme.selected;
  const lines = nodes.slice(start, end).map((node, i) => {
    const isMarked = start + i === at;
    const text = fit(`${isMarked ? theme.glyphs.arrow : ' '}${'  '.repeat(node.depth)}${nodeText(node, frame.raw, width, theme, texts)}`, width);
    return isMarked ? mark(text) : text;
  });
  return fill(lines, width, height);
}

function nodeText(node: RespNode, raw: string, width: number, theme: Theme, texts: Texts): string {
  const cut = node.isCut ? ` ${texts.cut}` : '';
  if (width < WORDY_TREE_COLUMNS && node.length !== null) {
    return `${raw[node.start]!}${node.length}${cut} ${node.bodyStart > node.start + 1 ? quotedNode(node, raw, theme) : ''}`;
  }
  if (node.type === 'no RESP') return `${node.type}: ${quotedNode(node, raw, theme)}`;
  if (node.type === 'inline request') return node.type + cut;
  if (node.type in { array: 0, set: 0, push: 0, map: 0, attribute: 0 }) return `${node.type} of ${node.length ?? 0}${cut}`;
  const length = node.length === null ? '' : ` ${formatCount(node.length)}`;
  return `${node.type}${length}${cut} ${node.type === 'null' ? '' : quotedNode(node, raw, theme)}`;
}

const quotedNode = (node: RespNode, raw: string, theme: Theme): string => quoted(raw.slice(node.bodyStart, node.bodyEnd), theme);

/** The bytes, scrolled so that the marked ones are visible; the last row shows how many there are in total. */
function byteRows({ frame, marked, byte, theme, texts }: WholeView, { width, height }: Size): readonly string[] {
  const reads = frame.kind === 'reply' ? [] : frame.reads;
  const all = hexRows(frame.raw, width, { range: marked, cursor: byte, beginnings: reads.map(({ start }) => start) }, theme);
  const isCut = frame.bytes > frame.raw.length;
  const room = isCut ? height - 1 : height;
  const inSight = byte === null ? marked : { start: byte, end: byte + 1 };
  const from = inSight === null ? 0 : firstRow(inSight, bytesPerRow(width), room);
  const more = isCut ? [theme.dim(fit(texts.firstBytes(frame.raw.length, frame.bytes), width))] : [];
  return fill([...fill(all.slice(from, from + Math.max(0, room)), width, room), ...more], width, height);
}

/** So that the whole range is shown if it fits, and its beginning otherwise. */
function firstRow({ start, end }: Range, perRow: number, rows: number): number {
  const first = Math.floor(start / perRow);
  const last = Math.floor(Math.max(start, end - 1) / perRow);
  return Math.min(first, Math.max(0, last - rows + 1));
}
