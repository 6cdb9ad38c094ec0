/**
 * A conversation: the requests of one client and their replies, newest first, below the facts about its connection. Part of the tokens pane.
 *
 *   #5 worker-1 127.0.0.1:51234, connected 3 min 12 s ago, db 0, RESP2, idle
 *   1,234 requests, read 34 KB, wrote 12 KB, slowest: sort 14 ms (request 17)
 *     no  request                     reply           in     out    time
 *   ▶ 18  GET greeting                "hello"       27 B    11 B    6 µs
 *     17  SORT ranking                (array of 3)  27 B    25 B   14 ms
 *   the newest 12 of 1,234 requests
 *
 * Figures of the connection are the server's own and exact. Requests are those that the frames pane still has.
 */
import type { InLanguages, Language } from '../../../shared/language.js';
import { type PartialRow, type ReplyRow, type RequestRow } from '../../state/model/frames.js';
import type { TokenRow } from '../../state/model/tokens.js';
import type { State } from '../../state/state.js';
import type { PaneContext } from '../pane.js';
import { fill } from '../parts/fill.js';
import { tableWindow } from '../parts/list-window.js';
import { bodyRow, headerRow, layoutColumns, type Column } from '../parts/table.js';
import { durationText, fit, formatBytes, formatCount, formatUs } from '../text.js';
import { durationStyle, type Style, type Theme } from '../theme.js';
import { replyText, requestText } from './frames.js';
import { FRAMES_TEXTS } from './frames-texts.js';

const ENGLISH = {
  newest: (kept: string, all: string) => `the newest ${kept} of ${all} requests`,
  closed: 'closed',
  connected: (age: string) => `connected ${age} ago`,
  slowest: (command: string, time: string, request: string) => `slowest: ${command} ${time} (request ${request})`,
  requests: (count: number) => `${formatCount(count)} ${count === 1 ? 'request' : 'requests'}`,
  traffic: (read: string, wrote: string) => `read ${read}, wrote ${wrote}`,
  listener: 'It sends no requests: connections are accepted from it.',
  waker: 'It sends no requests: other threads write to it, to wake the loop.',
  keptNone: (requests: string) => `${requests} requests, of which the trace has kept none`,
  noRequest: 'It has sent no request yet.',
  more: (reply: string, others: string) => `${reply} and ${others} more`,
  acknowledged: (offset: string, end: string, backlog: string) => `acknowledged ${offset} of ${end} bytes of the history; backlog ${backlog}`,
  applied: (offset: string) => `its changes are executed here up to byte ${offset} of the history`,
};

type Texts = typeof ENGLISH;

const KOREAN: Texts = {
  newest: (kept, all) => `요청 ${all}개 중 최신 ${kept}개`,
  closed: '닫힘',
  connected: (age) => `${age} 전에 접속`,
  slowest: (command, time, request) => `가장 느림: ${command} ${time} (요청 ${request})`,
  requests: (count) => `요청 ${formatCount(count)}개`,
  traffic: (read, wrote) => `읽음 ${read}, 씀 ${wrote}`,
  listener: '요청을 보내지 않습니다. 여기서 연결을 수락합니다.',
  waker: '요청을 보내지 않습니다. 다른 스레드가 루프를 깨우려고 여기에 씁니다.',
  keptNone: (requests) => `요청 ${requests}개, 트레이스에 남은 것은 없습니다`,
  noRequest: '아직 요청을 보내지 않았습니다.',
  more: (reply, others) => `${reply} 외 ${others}개`,
  acknowledged: (offset, end, backlog) => `이력 ${end}바이트 중 ${offset}바이트까지 확인(ACK)됨, 백로그에 ${backlog} 보관 중`,
  applied: (offset) => `이력의 ${offset}바이트까지 여기서 실행되었습니다`,
};

const TEXTS: InLanguages<Texts> = { en: ENGLISH, ko: KOREAN };

/** A request with its replies, or messages without a request. */
export interface Exchange {
  readonly request: RequestRow | PartialRow | null;
  readonly replies: readonly ReplyRow[];
}

/** Further facts about the client. */
export interface Party {
  readonly token: number;
  /** Null: it has disconnected. */
  readonly row: TokenRow | null;
  readonly name: string;
  readonly doing: string;
}

/** With fewer rows there is room for only one line about the connection. */
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
  const { language } = state.ui;
  const texts = TEXTS[language];
  const exchanges = exchangesOf(state, party.token);
  const head = headLines(state, party, theme).slice(0, height < LEAST_ROWS ? 1 : 2);
  const lines = head.map((line, i) => (i === 0 ? theme.token(party.token) : theme.dim)(fit(line, width)));
  if (exchanges.length === 0) return fill([...lines, theme.dim(fit(silenceText(party, texts), width))], width, height);
  const kept = exchanges.filter(({ request }) => request?.kind === 'request').length;
  const isPart = party.row !== null && kept < party.row.requests;
  const rows = height - lines.length - 1 - (isPart ? 1 : 0);
  const at = Math.min(state.ui.panes.tokens.cursor, exchanges.length - 1);
  const { start, end } = tableWindow(exchanges.length, rows, at);
  const placed = layoutColumns(columnsOf(exchanges, at, theme, language), width);
  const marked = isFocused ? theme.highlight : theme.selected;
  const body = exchanges.slice(start, end).map((exchange, i) => bodyRow(placed, exchange, width, start + i === at ? marked : undefined));
  const foot = isPart ? [theme.dim(fit(texts.newest(formatCount(kept), formatCount(party.row!.requests)), width))] : [];
  return fill([...lines, headerRow(placed, width, theme.dim), ...fill(body, width, Math.max(0, rows)), ...foot], width, height);
}

function headLines({ model, ui }: State, { token, row, name, doing }: Party, theme: Theme): readonly string[] {
  const texts = TEXTS[ui.language];
  const who = `#${token}${name === '' ? '' : ` ${name}`}`;
  if (row === null) return [`${who}, ${texts.closed}`, ''];
  const ageMs = ui.nowMs - (model.originMs + row.connectedUs / 1000);
  const age = Number.isNaN(ageMs) ? '' : `, ${texts.connected(durationText(Math.max(0, Math.floor(ageMs / 1000)) * 1e6))}`;
  const where = `${who} ${theme.visible(row.peer, 64)}`.trimEnd();
  if (row.kind !== 'client') return [`${where}, ${doing}`, ''];
  const linked = linkText(model.keyspace.replication, row.link, texts);
  if (linked !== null) return [`${where}${age}, ${doing}`, linked];
  const { slowest } = row;
  const slow = slowest === null ? '' : `, ${texts.slowest(theme.visible(slowest.command), formatUs(slowest.elapsedUs), formatCount(slowest.frame))}`;
  return [
    `${where}${age}, db ${row.db}, RESP${row.resp}, ${doing}`,
    `${texts.requests(row.requests)}, ${texts.traffic(formatBytes(row.bytesRead), formatBytes(row.bytesWritten))}${slow}`,
  ];
}

/** The state of a replication link; null: it is none. */
function linkText(replication: State['model']['keyspace']['replication'], link: TokenRow['link'], texts: Texts): string | null {
  if (replication === null || link === null) return null;
  if (link.part === 'master') return texts.applied(formatCount(link.offset));
  return texts.acknowledged(formatCount(replication.offset - link.behind), formatCount(replication.offset), formatBytes(replication.backlogBytes));
}

function silenceText({ row }: Party, texts: Texts): string {
  if (row?.kind === 'listener') return texts.listener;
  if (row?.kind === 'waker') return texts.waker;
  return row !== null && row.requests > 0 ? texts.keptNone(formatCount(row.requests)) : texts.noRequest;
}

function columnsOf(exchanges: readonly Exchange[], at: number, theme: Theme, language: Language): readonly Column<Exchange>[] {
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
      cell: ({ request }) => askedText(request, theme, language),
      style: ({ request }) => (request?.kind === 'partial' ? theme.warn : plain),
    },
    {
      header: 'reply',
      width: { min: 9, weight: 2 },
      cell: (exchange) => answeredText(exchange, theme, TEXTS[language]),
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

const usOf = ({ request }: Exchange): number | null => (request?.kind === 'request' && request.elapsedUs !== 0 ? request.elapsedUs : null);

const isError = ({ raw }: ReplyRow): boolean => raw.startsWith('-') || raw.startsWith('!');

function askedText(request: Exchange['request'], theme: Theme, language: Language): string {
  if (request === null) return '';
  return request.kind === 'partial' ? FRAMES_TEXTS[language].partial(request.have, request.need) : requestText(request, theme, language);
}

function answeredText({ replies }: Exchange, theme: Theme, texts: Texts): string {
  const [first] = replies;
  return first === undefined ? '' : replies.length === 1 ? replyText(first, theme) : texts.more(replyText(first, theme), formatCount(replies.length - 1));
}
