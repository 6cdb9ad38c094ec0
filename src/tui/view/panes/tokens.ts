/**
 * The tokens pane: everything that is registered with the poll, one row each, with its state.
 *
 *    tok  fd peer              name      state              int  query  output  last     idle
 *     #0     127.0.0.1:6379    LISTENER  listening          R
 *     #5  21 127.0.0.1:51234   worker    parked 4.0 s jobs  R      0 B     0 B  blpop     1 s
 */
import type { LoopActivity } from '../../../server/index.js';
import type { InLanguages } from '../../../shared/language.js';
import { busyOf, type State } from '../../state/state.js';
import { toBytes } from '../../state/typed-text.js';
import { clientRow, LISTENER_TOKEN, type Activity, type TokenRow } from '../../state/model/tokens.js';
import type { Pane, PaneContext } from '../pane.js';
import { exchangesOf, renderConversation, type Party } from './conversation.js';
import { arrange, type Arranged } from './token-order.js';
import { fill } from '../parts/fill.js';
import { frozenBadge, newSince, placeRows, type Placed } from '../parts/frozen.js';
import { tableWindow } from '../parts/list-window.js';
import { secondsText } from '../parts/busy.js';
import { bodyRow, headerRow, layoutColumns, toldRow, type Column, type PlacedColumn } from '../parts/table.js';
import { checkFilter, filterOf, passes as passesFilter } from '../parts/filter.js';
import { fit, formatBytes, formatCount, formatMs, visible, width as widthOf } from '../text.js';
import type { Style, Theme } from '../theme.js';

const ENGLISH = {
  /** The longest form comes first. */
  connections: (count: number): readonly string[] => {
    const shown = formatCount(count);
    return [`${shown} ${count === 1 ? 'connection' : 'connections'}`, `${shown} conn`, shown];
  },
  more: (count: string) => `… ${count} more`,
  listed: (count: string) => `${count} listed`,
  closed: 'closed',
  noMatch: (filter: string) => `no connection matches /${filter}`,
};

const KOREAN: typeof ENGLISH = {
  connections: (count) => [`연결 ${formatCount(count)}개`, `연결 ${formatCount(count)}`, formatCount(count)],
  more: (count) => `… ${count}개 더`,
  listed: (count) => `${count}개 표시`,
  closed: '닫힘',
  noMatch: (filter) => `/${filter}에 맞는 연결이 없습니다`,
};

const TEXTS: InLanguages<typeof ENGLISH> = { en: ENGLISH, ko: KOREAN };

const INTEREST_WRITABLE = 2;
const INTEREST_EDGE = 4;

/** A token that was active within this time is highlighted. */
const RECENT_MS = 500;

/** How long the badge of a fault is shown. */
const BADGE_MS = 5000;

const SORTS = ['token', 'recent', 'output'] as const;

export const tokensPane: Pane = {
  id: 'tokens',
  title: 'Tokens',
  badge: (state, columns, size) => {
    const { clientCount, rows } = state.model.tokens;
    const { frozenRows } = state.ui.panes.tokens;
    const listed = rowsOf(state);
    const kept = listed.filter((row) => row.kind === 'client').length;
    const filter = state.ui.panes.tokens.filter === '' ? '' : ` /${visible(toBytes(state.ui.panes.tokens.filter))}`;
    const texts = TEXTS[state.ui.language];
    const connections = texts.connections(clientCount)[0]!;
    if (frozenRows !== null) return frozenBadge(newSince(listed.map(idOf), 0, frozenRows), columns - widthOf(filter), state.ui.language) + filter;
    const folded = size === undefined || hasFoldedRow(size.height) || isConversationOpen(state) ? 0 : foldedCount(state, arranged(state, size.height));
    if (folded > 0) {
      return fitting(texts.connections(clientCount).map((way) => `${way}, ${texts.more(formatCount(folded))}${filter}`), columns);
    }
    return (clientCount > rows.size || kept < clientCount ? `${connections}, ${texts.listed(formatCount(kept))}` : connections) + filter;
  },
  render: (state, context) => {
    const party = openParty(state, context.theme);
    return party === null ? render(state, context) : renderConversation(state, party, context);
  },
  openRows: (state) => (isConversationOpen(state) ? exchangesOf(state, Number(state.ui.panes.tokens.selected)).length : 0),
  rows: (state, size) => placedRows(state, size?.height ?? Infinity).map(({ id }) => id),
  sorts: SORTS,
  lines: (state, limit, theme) => rowsOf(state).slice(0, limit).map((row) => toldRow(columnsOf(state, [row], theme, Infinity), row)),
  checkFilter: (text) => checkFilter(text, ['token', 'command', 'key']),
  help: 'tokens',
};

function render(state: State, { theme, size, isFocused }: PaneContext): readonly string[] {
  const { width, height } = size;
  const texts = TEXTS[state.ui.language];
  const { selected, frozenRows } = state.ui.panes.tokens;
  const order = frozenRows === null ? arranged(state, height) : null;
  const rows = order === null ? placedRows(state, height) : inOrder(order);
  const folded = order === null || !hasFoldedRow(height) ? '' : foldedText(state, order, theme);
  const at = selected === null ? -1 : rows.findIndex(({ id }) => id === selected);
  const { start, end } = tableWindow(rows.length, height - 1 - (folded === '' ? 0 : 1), at);
  const shown = rows.slice(start, end);
  const placed = placedColumns(state, shown.flatMap(({ row }) => row ?? []), theme, width);
  const marked = isFocused ? theme.highlight : theme.selected;
  const lines = shown.map(({ id, row }, i) => {
    const style = start + i === at ? marked : undefined;
    if (row !== null) return bodyRow(placed, row, width, style);
    const mark = start + i === at ? theme.glyphs.arrow : ' ';
    return (style ?? theme.dim)(fit(`${mark}${`#${id}`.padStart(placed[0]!.columns - 1)} ${texts.closed}`, width));
  });
  const { filter } = state.ui.panes.tokens;
  const empty = filter !== '' && rows.every(({ row }) => row?.kind !== 'client') ? texts.noMatch(theme.typed(toBytes(filter))) : '';
  const told = [folded, empty].filter((text) => text !== '').map((text) => theme.dim(fit(text, width)));
  return fill([headerRow(placed, width, theme.dim), ...lines, ...told], width, height);
}

// An open row

const isConversationOpen = ({ ui }: State): boolean => ui.panes.tokens.isOpen && ui.panes.tokens.selected !== null;

/** The client whose conversation is shown; null: the table is. */
function openParty(state: State, theme: Theme): Party | null {
  if (!isConversationOpen(state)) return null;
  const token = Number(state.ui.panes.tokens.selected);
  const row = state.model.tokens.rows.get(token) ?? null;
  return { token, row, name: row === null ? '' : nameOf(row, theme), doing: row === null ? '' : stateOf(state, row, theme, Infinity).text };
}

// Where there are more than rows

/** With so few rows the title shows how many others there are. */
const LEAST_ROWS_FOR_FOLDED = 8;

const hasFoldedRow = (height: number): boolean => height >= LEAST_ROWS_FOR_FOLDED;

/** The rows below the header, and the others. The last row shows their number, if there are any. */
function arranged(state: State, height: number): Arranged {
  const rows = rowsOf(state);
  const places = height - 1;
  return arrange(state, rows, rows.length > places && hasFoldedRow(height) ? places - 1 : places);
}

/** Number of clients that are not on the screen; without a filter including those that have no row. */
function foldedCount(state: State, { shown, folded }: Arranged): number {
  const { filter } = state.ui.panes.tokens;
  return filter === '' ? state.model.tokens.clientCount - clientsAmong(shown).length : clientsAmong(folded).length;
}

const clientsAmong = (rows: readonly TokenRow[]): readonly TokenRow[] => rows.filter(({ kind }) => kind === 'client');

/** `… 15 more: 12 idle, 3 parked`; empty if all are on the screen. */
function foldedText(state: State, { shown, folded }: Arranged, theme: Theme): string {
  if (folded.length === 0) return '';
  const count = foldedCount(state, { shown, folded });
  const clients = clientsAmong(folded);
  const words = clients.map((row) => doingOf(state, row, theme, 0).text.split(' ')[0]!);
  const counts = [...new Set(words)].map((word) => ({ word, count: words.filter((each) => each === word).length })).toSorted((a, b) => b.count - a.count);
  const special = folded.filter(({ kind }) => kind !== 'client').map((row) => nameOf(row, theme));
  const told = [...counts.map(({ word, count: of }) => `${formatCount(of)} ${word}`), ...special].join(', ');
  return `${TEXTS[state.ui.language].more(formatCount(count + special.length))}${clients.length < count ? '' : `: ${told}`}`;
}

/** The first form that fits; the last one if none does. */
const fitting = (ways: readonly string[], columns: number): string => ways.find((way) => widthOf(way) <= columns) ?? ways.at(-1)!;

const idOf = (row: TokenRow): string => String(row.token);

/** In the order of the screen, followed by those that are folded. */
function placedRows(state: State, height: number): readonly Placed<TokenRow>[] {
  const { frozenRows } = state.ui.panes.tokens;
  return frozenRows === null ? inOrder(arranged(state, height)) : placeRows(rowsOf(state), 0, frozenRows, idOf);
}

const inOrder = ({ shown, folded }: Arranged): readonly Placed<TokenRow>[] => placeRows([...shown, ...folded], 0, null, idOf);

/** Rows in the order of the screen: listeners and the waker first, then clients, sorted and filtered. */
function rowsOf(state: State): readonly TokenRow[] {
  const { sort } = state.ui.panes.tokens;
  const filter = toBytes(state.ui.panes.tokens.filter);
  const all = withCulprit(state, state.model.tokens.rows.sorted()).map((row) => withOwnName(state, row));
  const fixed = all.filter((row) => row.kind !== 'client');
  const clients = all.filter((row) => row.kind === 'client' && passes(row, filter));
  if (sort === 'recent') clients.sort((a, b) => b.lastActiveUs - a.lastActiveUs || a.token - b.token);
  if (sort === 'output') clients.sort((a, b) => b.outputBytes - a.outputBytes || a.token - b.token);
  return [...fixed, ...clients];
}

/** A learner's program does not know CLIENT SETNAME, so the connections of the REPL are named here. */
function withOwnName({ program, repl }: State, row: TokenRow): TokenRow {
  if (program === null || row.kind !== 'client' || row.name !== '') return row;
  const own = repl.clients.find(({ peer }) => peer === row.peer);
  return own === undefined ? row : { ...row, name: own.name === '' ? 'REPL' : own.name };
}

/** The client that keeps the loop busy may have connected in the running turn, which is not in the trace yet: then its address is unknown. */
function withCulprit(state: State, rows: readonly TokenRow[]): readonly TokenRow[] {
  const token = busyOf(state)?.activity.token ?? null;
  if (token === null || state.model.tokens.rows.get(token) !== undefined) return rows;
  const lastActiveUs = (state.ui.nowMs - state.model.originMs) * 1000;
  return [...rows, { ...clientRow(token), peer: 'new client', lastActiveUs }];
}

function passes(row: TokenRow, filter: string): boolean {
  const conditions = filterOf(filter);
  const text = `${row.peer} ${row.name} ${row.lastCommand} ${row.parkedOn === null ? '' : 'parked'}`;
  return conditions === null || passesFilter(conditions, { text, token: row.token, command: row.lastCommand, keys: row.parkedOn?.keys ?? [] });
}

/** From this width on peer and name have a column each. */
const NAMED_COLUMNS = 92;
/** From this width on a state has room for more than a word. */
const ROOMY_COLUMNS = 60;

/** If names have no column, they are with the port; if peers have none either, the state says which rows are not clients. */
function placedColumns(state: State, rows: readonly TokenRow[], theme: Theme, width: number): readonly PlacedColumn<TokenRow>[] {
  const placed = layoutColumns(columnsOf(state, rows, theme, width), width);
  const peer = placed.find(({ column }) => column.header === 'peer');
  if (peer === undefined) {
    return withCell(placed, 'state', (row) => {
      const { text } = stateOf(state, row, theme, width);
      return row.kind === 'client' ? text : `${nameOf(row, theme)} ${text}`;
    });
  }
  return width < NAMED_COLUMNS ? withCell(placed, 'peer', (row) => whoText(row, nameOf(row, theme), peerOf(row, theme), peer.columns)) : placed;
}

function withCell(placed: readonly PlacedColumn<TokenRow>[], header: string, cell: (row: TokenRow) => string): readonly PlacedColumn<TokenRow>[] {
  return placed.map((each) => (each.column.header === header ? { ...each, column: { ...each.column, cell } } : each));
}

/** `worker :51234`, `LISTENER lab.sock`, or as much of it as fits; for a second listener its address, since its state says that it listens. */
function whoText({ token, kind }: TokenRow, name: string, peer: string, columns: number): string {
  // The port; of a path, the name of the file.
  const end = /:[1-9]\d*$/.exec(peer)?.[0] ?? peer.slice(peer.lastIndexOf('/') + 1).replace(/:0$/, '');
  const ways = name === '' ? [peer, end] : [`${name} ${end}`.trimEnd(), kind === 'listener' && token !== LISTENER_TOKEN ? end : name];
  return ways.find((way) => widthOf(way) <= columns) ?? ways.at(-1)!;
}

function columnsOf(state: State, rows: readonly TokenRow[], theme: Theme, width: number): readonly Column<TokenRow>[] {
  const idle = (row: TokenRow): number => idleMsOf(state, row);
  const tokenColumns = Math.max(3, ...rows.map((row) => `#${row.token}`.length));
  const fdColumns = Math.max(3, ...rows.map((row) => String(row.fd).length));
  const quiet = (row: TokenRow): Style => (row.kind !== 'client' || !(idle(row) < RECENT_MS) ? theme.dim : plain);
  const bytes = (count: number): Style => (count > 0 ? theme.strong : theme.dim);
  const colored = (row: TokenRow): Style => (row.kind === 'client' ? theme.token(row.token) : theme.dim);
  const mark = (row: TokenRow): string => (idOf(row) === state.ui.panes.tokens.selected ? theme.glyphs.arrow : ' ');
  const name: Column<TokenRow> = {
    header: 'name',
    width: { min: 8, max: 16 },
    cell: (row) => nameOf(row, theme),
    style: (row) => (row.kind === 'client' ? plain : theme.strong),
  };
  return [
    {
      header: 'tok',
      name: 'token',
      width: tokenColumns + 1,
      align: 'right',
      cell: (row) => mark(row) + `#${row.token}`.padStart(tokenColumns),
      style: colored,
    },
    { header: 'fd', width: fdColumns, align: 'right', rank: 5, cell: (row) => (row.fd < 0 ? '' : String(row.fd)), style: () => theme.dim },
    {
      header: 'peer',
      width: width < NAMED_COLUMNS ? { min: 8, max: 22, weight: 2 } : { min: 15, max: 21 },
      rank: 3,
      cell: (row) => peerOf(row, theme),
      style: colored,
    },
    ...(width < NAMED_COLUMNS ? [] : [name]),
    {
      header: 'state',
      width: { min: width < ROOMY_COLUMNS ? 13 : 17, max: 34, weight: 3 },
      cell: (row) => stateOf(state, row, theme, width).text,
      style: (row) => stateOf(state, row, theme, width).style(theme),
    },
    {
      header: 'int',
      name: 'interest',
      width: 3,
      rank: 1,
      cell: (row) => formatInterest(row.interest),
      style: (row) => ((row.interest & INTEREST_WRITABLE) === 0 ? theme.dim : theme.warn),
    },
    {
      header: 'query',
      width: 7,
      align: 'right',
      rank: 7,
      cell: (row) => (row.kind === 'client' ? formatBytes(row.queryBytes) : ''),
      style: (row) => bytes(row.queryBytes),
    },
    {
      header: 'output',
      width: 7,
      align: 'right',
      rank: 6,
      cell: (row) => (row.kind === 'client' ? formatBytes(row.outputBytes) : ''),
      style: (row) => bytes(row.outputBytes),
    },
    { header: 'last', name: 'last command', width: { min: 5, max: 14 }, rank: 2, cell: (row) => theme.visible(row.lastCommand, 32), style: quiet },
    {
      header: 'idle',
      width: 6,
      align: 'right',
      rank: 9,
      cell: (row) => (row.kind === 'client' && Number.isFinite(idle(row)) ? idleText(idle(row)) : ''),
      style: quiet,
    },
  ];
}

const plain: Style = (text) => text;

function idleMsOf({ model, ui }: State, row: TokenRow): number {
  return Math.max(0, ui.nowMs - (model.originMs + row.lastActiveUs / 1000));
}

/** Tenths of a second are noise in this column. */
function idleText(ms: number): string {
  return ms < 1000 ? 'now' : formatMs(Math.floor(ms / 1000) * 1000);
}

function peerOf(row: TokenRow, { visible }: Theme): string {
  if (row.kind === 'waker') return row.fd < 0 ? '' : 'eventfd';
  return visible(row.peer, 64);
}

function nameOf(row: TokenRow, { visible }: Theme): string {
  if (row.kind !== 'client') return row.kind === 'listener' ? 'LISTENER' : 'WAKER';
  return visible(row.name, 64);
}

export const formatInterest = (interest: number): string =>
  ((interest & 1) === 0 ? '' : 'R') + ((interest & INTEREST_WRITABLE) === 0 ? '' : 'W') + ((interest & INTEREST_EDGE) === 0 ? '' : 'e') || '-';

interface Doing {
  readonly text: string;
  readonly style: (theme: Theme) => Style;
}

const ACTIVITIES: { readonly [activity in Activity]: (theme: Theme) => Style } = {
  ready: (theme) => theme.phase.poll,
  reading: (theme) => theme.phase.read,
  decoding: (theme) => theme.phase.decode,
  executing: (theme) => theme.phase.execute,
  replying: (theme) => theme.phase.execute,
  writing: (theme) => theme.phase.write,
};

/** The state of a token, with the badge of an injected fault: `[slice] reading`. */
function stateOf(state: State, row: TokenRow, theme: Theme, width: number): Doing {
  const doing = doingOf(state, row, theme, width);
  if (row.fault === null || state.ui.nowMs - (state.model.originMs + row.fault.atUs / 1000) > BADGE_MS) return doing;
  return { text: `[${row.fault.name}] ${doing.text}`, style: (shown) => shown.warn };
}

/** Its activity in this turn has priority over its lasting state, because it changes. */
function doingOf(state: State, row: TokenRow, theme: Theme, width: number): Doing {
  const doing = clientDoing(state, row, theme, width);
  return row.isGhost ? { text: doing.text === 'idle' ? 'ghost' : `ghost ${doing.text}`, style: (shown) => shown.dim } : doing;
}

function clientDoing(state: State, row: TokenRow, { visible }: Theme, width: number): Doing {
  const busy = busyState(state, row, width);
  if (busy !== null) return busy;
  const isActive = row.activityStretch === state.model.tokens.stretch;
  if (row.kind !== 'client') return specialState(row, isActive);
  if (row.parkedOn !== null) {
    const { deadlineMs, keys } = row.parkedOn;
    return { text: `parked${deadlineText(deadlineMs, state.ui.nowMs)} ${keys.map((key) => visible(key, 32)).join(' ')}`, style: () => plain };
  }
  if (row.outputHeld > 0) return { text: 'disk-blocked', style: (theme) => theme.warn };
  if (row.link !== null) return linkState(row.link, width >= ROOMY_COLUMNS);
  if ((row.interest & INTEREST_WRITABLE) !== 0) return { text: 'write-blocked', style: (theme) => theme.warn };
  if (isActive) return { text: row.activity, style: ACTIVITIES[row.activity] };
  if (row.inTransaction) return { text: 'in MULTI', style: () => plain };
  if (row.isMonitor) return { text: 'monitor', style: () => plain };
  if (row.subscriptions > 0) return { text: `subscribed (${row.subscriptions})`, style: () => plain };
  return { text: 'idle', style: (theme) => theme.dim };
}

/** A replica reports its offset once a second. */
const LATE_MS = 2000;

/** For a replication link: its state, and the replica's lag in bytes, or the time since its last report; in a narrow pane what of it fits. */
function linkState(link: NonNullable<TokenRow['link']>, isLong: boolean): Doing {
  if (link.part === 'master') return { text: isLong ? `master, at ${formatCount(link.offset)}` : 'master', style: (theme) => theme.strong };
  const { phase, behind, silentMs } = link;
  if (phase !== 'online') return { text: `${isLong ? 'replica: ' : ''}${PHASE_WORDS[phase]}`, style: (theme) => theme.warn };
  const isLate = silentMs !== null && silentMs >= LATE_MS;
  const distance = isLate ? `silent ${idleText(silentMs)}` : behind === 0 ? 'in step' : `${formatBytes(behind)} behind`;
  const short = isLate || behind > 0 ? distance : 'replica';
  return { text: isLong ? `replica, ${distance}` : short, style: (theme) => (isLate ? theme.warn : theme.strong) };
}

const PHASE_WORDS: { readonly [phase in Exclude<LinkPhase, 'online'>]: string } = {
  handshake: 'handshake', waiting: 'waits for RDB', transfer: 'receives RDB', bulk: 'receives RDB', transmitted: 'has the RDB',
};

type LinkPhase = Extract<NonNullable<TokenRow['link']>, { part: 'replica' }>['phase'];

/** While the loop is busy with one token: that token, and those with something waiting. */
function busyState(state: State, { token }: TokenRow, width: number): Doing | null {
  const busy = busyOf(state);
  if (busy === null) return null;
  const { activity } = busy;
  if (activity.token === token) return { text: BUSY_WORDS[activity.phase] ?? 'busy', style: (theme) => theme.bad };
  const waits = busy.waiting.get(token);
  if (waits === undefined) return null;
  const isLong = width >= ROOMY_COLUMNS;
  const text =
    waits.kind === 'connections'
      ? `${formatCount(waits.count)} ${isLong ? 'waiting' : 'wait'} ${secondsText(waits.waitedMs, 'en')}`
      : `${isLong ? 'ready, ' : ''}waits ${secondsText(waits.waitedMs, 'en')}`;
  return { text, style: (theme) => theme.warn };
}

const BUSY_WORDS: { readonly [phase in LoopActivity['phase']]?: string } = {
  accept: 'accepting', messages: 'woken', read: 'reading', decode: 'decoding', execute: 'executing',
};

function specialState(row: TokenRow, isActive: boolean): Doing {
  if (row.kind === 'waker') return { text: isActive ? 'woken' : 'waiting', style: (theme) => (isActive ? plain : theme.dim) };
  return { text: isActive ? (row.activity === 'ready' ? 'ready' : 'accepting') : 'listening', style: (theme) => (isActive ? theme.phase.accept : theme.dim) };
}

/** ` 4.2 s`, ` 28 s` until a parked client's timeout; a colon if it waits forever. */
function deadlineText(deadlineMs: number, nowMs: number): string {
  if (deadlineMs === 0) return ':';
  const leftMs = Math.max(0, deadlineMs - nowMs);
  return Number.isFinite(leftMs) ? ` ${(leftMs / 1000).toFixed(leftMs < 9950 ? 1 : 0)} s` : '';
}
