/**
 * A conversation: what one client has asked and what it was answered, newest first, below what is known of its connection. Part of the tokens pane.
 *
 *   #5 worker-1 127.0.0.1:51234, connected 3.2 m ago, db 0, RESP2, idle
 *   1,234 requests, read 34 KB, wrote 12 KB, slowest: sort 14 ms (request 17)
 *     no  request                     reply           in     out    time
 *   ▶ 18  GET greeting                "hello"       27 B    11 B    6 µs
 *     17  SORT ranking                (array of 3)  27 B    25 B   14 ms
 *   the newest 12 of 1,234 requests
 *
 * Figures of the connection are the server's own, and so exact. Requests are those that the frames pane still has.
 */
import { type PartialRow, type ReplyRow, type RequestRow } from '../../state/model/frames.js';
import type { TokenRow } from '../../state/model/tokens.js';
import type { State } from '../../state/state.js';
import type { PaneContext } from '../pane.js';
import { fill } from '../parts/fill.js';
import { tableWindow } from '../parts/list-window.js';
import { bodyRow, headerRow, layoutColumns, type Column } from '../parts/table.js';
import { fit, formatBytes, formatCount, formatMs, formatUs } from '../text.js';
import { durationStyle, type Style, type Theme } from '../theme.js';
import { replyText, requestText } from './frames.js';

/** A request with its replies; without one they are messages. */
export interface Exchange {
  readonly request: RequestRow | PartialRow | null;
  readonly replies: readonly ReplyRow[];
}

/** What the pane knows of the client besides. */
export interface Party {
  readonly token: number;
  /** Null: it is gone. */
  readonly row: TokenRow | null;
  readonly name: string;
  readonly doing: string;
}

/** In fewer rows there is room for only one line about the connection. */
const LEAST_ROWS = 6;

/** Newest first. */
export function exchangesOf({ model }: State, token: number): readonly Exchange[] {
  const exchanges: { request: RequestRow | PartialRow | null; replies: ReplyRow[] }[] = [];
  for (const row of model.frames.rows.items()) {
    if (row.kind === 'gap' || row.token !== token) continue;
    const last = exchanges.at(-1);
    if (row.kind !== 'reply') exchanges.push({ request: row, replies: [] });
    else if (last !== undefined && (row.isPush ? last.request === null : last.request?.frame === row.frame)) last.replies.push(row);
    else exchanges.push({ request: null, replies: [row] });
  }
  return exchanges.toReversed();
}

export function renderConversation(state: State, party: Party, { theme, size, isFocused }: PaneContext): readonly string[] {
  const { width, height } = size;
  const exchanges = exchangesOf(state, party.token);
  const head = headLines(state, party, theme).slice(0, height < LEAST_ROWS ? 1 : 2);
  const lines = head.map((line, i) => (i === 0 ? theme.token(party.token) : theme.dim)(fit(line, width)));
  if (exchanges.length === 0) return fill([...lines, theme.dim(fit(silenceText(party), width))], width, height);
  const kept = exchanges.filter(({ request }) => request?.kind === 'request').length;
  const isPart = party.row !== null && kept < party.row.requests;
  const rows = height - lines.length - 1 - (isPart ? 1 : 0);
  const at = Math.min(state.ui.panes.tokens.cursor, exchanges.length - 1);
  const { start, end } = tableWindow(exchanges.length, rows, at);
  const placed = layoutColumns(columnsOf(exchanges, at, theme), width);
  const marked = isFocused ? theme.highlight : theme.selected;
  const body = exchanges.slice(start, end).map((exchange, i) => bodyRow(placed, exchange, width, start + i === at ? marked : undefined));
  const foot = isPart ? [theme.dim(fit(`the newest ${formatCount(kept)} of ${formatCount(party.row!.requests)} requests`, width))] : [];
  return fill([...lines, headerRow(placed, width, theme.dim), ...fill(body, width, Math.max(0, rows)), ...foot], width, height);
}

function headLines({ model, ui }: State, { token, row, name, doing }: Party, theme: Theme): readonly string[] {
  const who = `#${token}${name === '' ? '' : ` ${name}`}`;
  if (row === null) return [`${who}, closed`, ''];
  const ageMs = ui.nowMs - (model.originMs + row.connectedUs / 1000);
  const age = Number.isNaN(ageMs) ? '' : `, connected ${formatMs(Math.max(0, Math.floor(ageMs / 1000) * 1000))} ago`;
  const where = `${who} ${theme.visible(row.peer, 64)}`.trimEnd();
  if (row.kind !== 'client') return [`${where}, ${doing}`, ''];
  const { slowest } = row;
  const slow = slowest === null ? '' : `, slowest: ${theme.visible(slowest.command)} ${formatUs(slowest.elapsedUs)} (request ${formatCount(slowest.frame)})`;
  const requests = `${formatCount(row.requests)} ${row.requests === 1 ? 'request' : 'requests'}`;
  return [
    `${where}${age}, db ${row.db}, RESP${row.resp}, ${doing}`,
    `${requests}, read ${formatBytes(row.bytesRead)}, wrote ${formatBytes(row.bytesWritten)}${slow}`,
  ];
}

function silenceText({ row }: Party): string {
  if (row?.kind === 'listener') return 'It sends no requests: connections are accepted from it.';
  if (row?.kind === 'waker') return 'It sends no requests: other threads write to it, to wake the loop.';
  return row !== null && row.requests > 0 ? `${formatCount(row.requests)} requests, of which the trace has kept none` : 'It has sent no request yet.';
}

function columnsOf(exchanges: readonly Exchange[], at: number, theme: Theme): readonly Column<Exchange>[] {
  const numberColumns = Math.max(3, ...exchanges.map(({ request }) => String(request?.frame ?? '').length + 1));
  const mark = (exchange: Exchange): string => (exchange === exchanges[at] ? theme.glyphs.arrow : ' ');
  return [
    {
      header: 'no',
      width: numberColumns,
      align: 'right',
      cell: (exchange) => mark(exchange) + String(exchange.request?.frame ?? '').padStart(numberColumns - 1),
      style: () => theme.dim,
    },
    {
      header: 'request',
      width: { min: 12, weight: 3 },
      cell: ({ request }) => askedText(request, theme),
      style: ({ request }) => (request?.kind === 'partial' ? theme.warn : plain),
    },
    {
      header: 'reply',
      width: { min: 9, weight: 2 },
      cell: (exchange) => answeredText(exchange, theme),
      style: ({ replies }) => (replies.some(isError) ? theme.bad : theme.dim),
    },
    {
      header: 'in',
      width: 7,
      align: 'right',
      rank: 2,
      cell: ({ request }) => (request === null ? '' : formatBytes(request.kind === 'partial' ? request.have : request.bytes)),
      style: () => theme.dim,
    },
    {
      header: 'out',
      width: 7,
      align: 'right',
      rank: 3,
      cell: ({ replies }) => (replies.length === 0 ? '' : formatBytes(replies.reduce((sum, { bytes }) => sum + bytes, 0))),
      style: () => theme.dim,
    },
    {
      header: 'time',
      width: 7,
      align: 'right',
      rank: 1,
      cell: (exchange) => (usOf(exchange) === null ? '' : formatUs(usOf(exchange)!)),
      style: (exchange) => durationStyle(usOf(exchange) ?? 0, theme),
    },
  ];
}

const plain: Style = (text) => text;

const usOf = ({ request }: Exchange): number | null => (request?.kind === 'request' ? request.elapsedUs : null);

const isError = ({ raw }: ReplyRow): boolean => raw.startsWith('-') || raw.startsWith('!');

function askedText(request: Exchange['request'], theme: Theme): string {
  if (request === null) return '';
  return request.kind === 'partial' ? `have ${formatCount(request.have)} of ${formatCount(request.need)}` : requestText(request, theme);
}

function answeredText({ replies }: Exchange, theme: Theme): string {
  const [first] = replies;
  return first === undefined ? '' : `${replyText(first, theme)}${replies.length === 1 ? '' : ` and ${formatCount(replies.length - 1)} more`}`;
}
