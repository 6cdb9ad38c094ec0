/**
 * The keyspace pane: a window of the keys of one database, with their remaining TTL.
 *
 *     key          type    encoding   size  ttl                   value
 *     greeting     string  embstr      5 B  41.2 s ━━━━━━━───     "hello"
 *   ◌ session:7    hash    listpack      3  due, 400 ms ago
 *   ◌ session:6    hash    listpack      3  expired: active
 *   * visits       string  int         2 B                        "42"
 *
 * ◌ is a key that is due or deleted, * one that has just changed. An open key shows a page of its value.
 */
import type { KeyOrder, Progress, SnapshotRequest } from '../../../server/index.js';
import { FLASH_FOR_MS, GONE_FOR_MS, type KeyEntry } from '../../state/model/keyspace.js';
import type { InLanguages, Text } from '../../../shared/language.js';
import type { State } from '../../state/state.js';
import { parseConditions } from '../../state/conditions.js';
import { toBytes } from '../../state/typed-text.js';
import type { Pane, PaneContext } from '../pane.js';
import { bar } from '../parts/bar.js';
import { checkFilter } from '../parts/filter.js';
import { fill } from '../parts/fill.js';
import { frozenBadge, newSince, placeRows, type Placed } from '../parts/frozen.js';
import { tableWindow } from '../parts/list-window.js';
import { bodyRow, headerRow, layoutColumns, toldRow, type Column, type PlacedColumn } from '../parts/table.js';
import { durationText, fit, formatBytes, formatCount, formatMs, quoted, truncateMiddle, visible, width as widthOf } from '../text.js';
import type { Style, Theme } from '../theme.js';

/** Keys, or items of an open value, in a snapshot: more than any pane has rows, few enough for every batch. */
const WINDOW_KEYS = 200;
const STEP_KEYS = 50;

const BAR_COLUMNS = 10;
const COUNTDOWN_COLUMNS = 8;
const MOST_KEY_COLUMNS = 40;
/** `expired: active` */
const LIFE_COLUMNS = 15;

/** Of an open list, while its beginning is shown. */
const LAST_ITEMS = 3;

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

const ENGLISH = {
  saving: (written: string, total: string, bytes: string) =>
    `snapshot: ${written} of ${total} keys written${bytes === '' ? '' : `, ${bytes} copied before they changed`}`,
  appendOnly: (bytes: string) => `append-only file: ${bytes}, all of it on the disk`,
  unwritten: (rest: string, why: string) => `append-only file: ${rest} could not be written: ${why}`,
  atRisk: (bytes: string, risk: string, age: string) => `append-only file: ${bytes}; not on the disk yet ${risk}, the oldest for ${age}`,
  replicaOf: (address: string, state: string) => `replica of ${address}${state === 'connected' ? '' : ` (${state})`}`,
  loading: (part: string) => `LOADING ${part}`,
  receivingPart: (part: string) => `receiving RDB ${part}`,
  loadingPart: (part: string) => `loading ${part}`,
  storedOrder: 'stored order',
  by: (sort: string) => `by ${sort}`,
  keys: (count: number) => `${formatCount(count)} ${count === 1 ? 'key' : 'keys'}`,
  notHere: (key: string) => `${key} is not here any more`,
  notThere: (key: string) => `${key} is not there any more`,
  noMatch: (hasTtl: boolean) => `no key${hasTtl ? ' with a time to live' : ''} matches`,
  none: (hasTtl: boolean): string => (hasTtl ? 'no key with a time to live' : 'no keys'),
  others: (databases: string) => `there are some in ${databases}`,
  dueNow: 'due now',
  dueFor: (time: string) => `due, ${time} ago`,
  count: (count: number, unit: Unit) => `${formatCount(count)} ${count === 1 ? unit : unit === 'entry' ? 'entries' : `${unit}s`}`,
  between: (count: string) => `… ${count} between …`,
  group: (name: string) => `group ${name}`,
  moreGroups: (count: number) => `… ${count} more groups`,
};

type Texts = typeof ENGLISH;

const KOREAN_UNITS: { readonly [unit in Unit]: string } = { element: '원소', member: '원소', field: '필드', entry: '항목' };

const KOREAN: Texts = {
  saving: (written, total, bytes) => `스냅샷: 키 ${total}개 중 ${written}개 기록됨${bytes === '' ? '' : `, 변경 전 복사 ${bytes}`}`,
  appendOnly: (bytes) => `추가 전용 파일(AOF): ${bytes}, 모두 디스크에 있음`,
  unwritten: (rest, why) => `추가 전용 파일(AOF): ${rest}를 쓰지 못함: ${why}`,
  atRisk: (bytes, risk, age) => `추가 전용 파일(AOF): ${bytes}, 아직 디스크에 없는 것 ${risk}, 가장 오래된 것 ${age}`,
  replicaOf: (address, state) => `${address}의 레플리카${state === 'connected' ? '' : `(${state})`}`,
  loading: (part) => `LOADING ${part}`,
  receivingPart: (part) => `RDB 받는 중 ${part}`,
  loadingPart: (part) => `불러오는 중 ${part}`,
  storedOrder: '저장 순서',
  by: (sort) => `${sort}순`,
  keys: (count) => `키 ${formatCount(count)}개`,
  notHere: (key) => `${key}: 더 이상 여기에 없습니다`,
  notThere: (key) => `${key}: 더 이상 없습니다`,
  noMatch: (hasTtl) => `맞는 ${hasTtl ? '수명 있는 ' : ''}키가 없습니다`,
  none: (hasTtl) => `${hasTtl ? '수명 있는 ' : ''}키 없음`,
  others: (databases) => `${databases}에는 있습니다`,
  dueNow: '기한 됨',
  dueFor: (time) => `기한 ${time} 지남`,
  count: (count, unit) => `${KOREAN_UNITS[unit]} ${formatCount(count)}개`,
  between: (count) => `… 중간 ${count}개 …`,
  group: (name) => `그룹 ${name}`,
  moreGroups: (count) => `… 그룹 ${count}개 더`,
};

const TEXTS: InLanguages<Texts> = { en: ENGLISH, ko: KOREAN };

/** The orders of s, and the corresponding request to the server. */
const ORDERS: { readonly [sort: string]: KeyOrder } = { name: 'name', ttl: 'expiry', recency: 'recent', size: 'bytes', stored: 'stored' };
const SORTS = Object.keys(ORDERS);

export const keyspacePane: Pane = {
  id: 'keyspace',
  title: 'Keyspace',
  badge,
  render: (state, context) => (isValueOpen(state) ? renderValue(state, context) : renderKeys(state, context)),
  rows: (state) => placedRows(state).map(({ id }) => id),
  offset: ({ model }) => model.keyspace.offset,
  openRows: (state) => state.model.keyspace.value?.count ?? 0,
  sorts: SORTS,
  lines: (state, limit, theme) => {
    const rows = shownRows(state);
    return rows.length === 0 ? [emptyText(state)] : rows.slice(0, limit).map((row) => toldRow(toldColumnsOf(row, state, theme), row));
  },
  checkFilter: checkKeyFilter,
  window: keyWindowRequest,
  value: valueWindowRequest,
  help: 'keyspace',
};

/**
 * The keys that the next snapshots shall contain, as the pane is sorted, filtered and scrolled: some before the screen and some after it. It moves in large
 * steps, so that moving through a million keys requests others only occasionally.
 */
export function keyWindowRequest({ model, ui }: State): SnapshotRequest['keys'] {
  const { sort, filter, selected } = ui.panes.keyspace;
  const { rows, offset } = model.keyspace;
  const at = selected === null ? -1 : rows.findIndex((row) => row.key === selected);
  // A selected key that is not in the window has been deleted, or will be in the next one: stay.
  const position = selected === null ? 0 : at === -1 ? offset + WINDOW_KEYS / 2 : offset + at;
  return { db: ui.db, offset: stepped(position), limit: WINDOW_KEYS, order: ORDERS[sort] ?? 'name', match: globOf(filter) };
}

/** The page of the open value that the next snapshots shall contain; null if none is open. */
export function valueWindowRequest({ ui }: State): NonNullable<SnapshotRequest['value']> | null {
  const { isOpen, selected, cursor } = ui.panes.keyspace;
  return isOpen && selected !== null ? { db: ui.db, key: selected, offset: stepped(cursor), limit: WINDOW_KEYS } : null;
}

/** The beginning of a window with at least half of its rows before `position`, if possible. */
const stepped = (position: number): number => Math.floor(Math.max(0, position - WINDOW_KEYS / 2) / STEP_KEYS) * STEP_KEYS;

/** A glob as it is typed, or in the syntax of other filters: `key user:*`, `"a key"`. Several bare words are a key with blanks. */
function globOf(filter: string): string {
  const parsed = parseConditions(filter);
  if (filter.trim() === '' || 'error' in parsed) return filter.trim() === '' ? '*' : toBytes(filter);
  const { words, key } = parsed.conditions;
  if (key !== undefined && words.length === 0) return key;
  return words.length === 1 && key === undefined ? words[0]! : toBytes(filter);
}

function checkKeyFilter(text: string): Text | null {
  return checkFilter(text, ['key']) ?? checkGlob(globOf(text));
}

const OPEN_CLASS: Text = { en: 'the class that [ opens is not closed', ko: '[로 연 문자 클래스가 닫히지 않았습니다' };
const OPEN_ESCAPE: Text = { en: 'nothing follows the backslash', ko: '백슬래시 뒤에 아무것도 없습니다' };

/** An unclosed class would silently match something else, as in Redis. */
function checkGlob(text: string): Text | null {
  const open = text.replaceAll(/\\./g, '').replaceAll(/\[\^?\]?[^\]]*\]/g, '');
  if (open.includes('[')) return OPEN_CLASS;
  return text.endsWith('\\') && !text.endsWith('\\\\') ? OPEN_ESCAPE : null;
}

function badge(state: State, columns: number): string {
  const { model, ui } = state;
  const texts = TEXTS[ui.language];
  const { db, total, order, offset } = model.keyspace;
  const { filter, frozenRows } = ui.panes.keyspace;
  const isUnsorted = order === 'stored' && keyWindowRequest(state).order !== 'stored';
  const sorted = isUnsorted ? texts.storedOrder : texts.by(ui.panes.keyspace.sort || SORTS[0]!);
  const last = sourceText(model.keyspace, texts) ?? sorted;
  const parts = [`db ${db}`, texts.keys(total), last];
  const named = filter === '' ? '' : ` /${visible(toBytes(filter))}`;
  if (frozenRows === null) return parts.join(', ') + named;
  const room = columns - widthOf(`db ${db}, ${named}`);
  return `db ${db}, ${frozenBadge(newSince(shownRows(state).map((row) => row.key), offset, frozenRows), room, ui.language)}${named}`;
}

/** Where the keys come from, while they are being loaded and on a replica; null: from the clients. */
function sourceText({ replication, persistence }: State['model']['keyspace'], texts: Texts): string | null {
  const loading = persistence?.loading ?? null;
  const master = replication?.master ?? null;
  if (master === null) return loading === null ? null : texts.loading(partText(loading));
  const { receiving, state } = master;
  const step = receiving !== null ? texts.receivingPart(partText(receiving)) : loading !== null ? texts.loadingPart(partText(loading)) : state;
  return texts.replicaOf(visible(toBytes(master.address)), step);
}

/** `40 %`, or the number of bytes while the total is not known. */
function partText({ bytes, totalBytes }: Progress): string {
  return totalBytes > 0 ? `${Math.floor((100 * bytes) / totalBytes)} %` : formatBytes(bytes);
}

// The keys

function renderKeys(state: State, { theme, size, isFocused }: PaneContext): readonly string[] {
  const { width, height } = size;
  const rows = placedRows(state);
  const { selected } = state.ui.panes.keyspace;
  const at = selected === null ? -1 : rows.findIndex(({ id }) => id === selected);
  const told = height < LEAST_ROWS_FOR_DISK ? [] : diskTexts(state).map((text) => theme.dim(fit(text, width)));
  const { start, end } = tableWindow(rows.length, height - 1 - told.length, at);
  const placed = placedColumns(state, theme, width);
  const marked = isFocused ? theme.highlight : theme.selected;
  const lines = rows.slice(start, end).map(({ id, row }, i) => {
    const style = start + i === at ? marked : undefined;
    return row === null
      ? (style ?? theme.dim)(fit(`  ${TEXTS[state.ui.language].notHere(theme.visible(id, 128))}`, width))
      : bodyRow(placed, row, width, style ?? wholeStyle(row, state, theme));
  });
  if (rows.length === 0) lines.push(theme.dim(fit(emptyText(state), width)));
  return fill([...fill([headerRow(placed, width, theme.dim), ...lines], width, height - told.length), ...told], width, height);
}

/** With fewer rows the keys need all of them. */
const LEAST_ROWS_FOR_DISK = 6;

/** The parts of the dataset that are being written to disk, one line each. */
function diskTexts({ model, ui }: State): readonly string[] {
  const { persistence } = model.keyspace;
  if (persistence === null) return [];
  const texts = TEXTS[ui.language];
  const { saving, appendOnly } = persistence;
  const lines: string[] = [];
  if (saving !== null) {
    const copied = saving.preImageBytes === 0 ? '' : formatBytes(saving.preImageBytes);
    lines.push(texts.saving(formatCount(saving.keysWritten), formatCount(saving.keysTotal), copied));
  }
  if (appendOnly !== null) {
    const { bytes, atRisk, unwritten } = appendOnly;
    const all = formatBytes(bytes);
    if (unwritten !== null) lines.push(texts.unwritten(formatBytes(unwritten.bytes), unwritten.why));
    else lines.push(atRisk === null ? texts.appendOnly(all) : texts.atRisk(all, formatBytes(atRisk.bytes), formatMs(atRisk.ageMs)));
  }
  return lines;
}

function emptyText({ model, ui }: State): string {
  const { filter, sort } = ui.panes.keyspace;
  const texts = TEXTS[ui.language];
  const hasTtl = sort === 'ttl';
  if (filter !== '') return texts.noMatch(hasTtl);
  const others = model.keyspace.databases.filter(({ index }) => index !== ui.db).map(({ index }) => `db ${index}`);
  return `${texts.none(hasTtl)}${others.length === 0 ? '' : `; ${texts.others(others.join(', '))}`}`;
}

const placedRows = (state: State): readonly Placed<KeyEntry>[] =>
  placeRows(shownRows(state), state.model.keyspace.offset, state.ui.panes.keyspace.frozenRows, (row) => row.key);

/** Rows without those that were deleted long enough ago. */
function shownRows({ model, ui }: State): readonly KeyEntry[] {
  return model.keyspace.rows.filter((row) => row.gone === null || !(ui.nowMs - row.gone.atMs > GONE_FOR_MS));
}

function wholeStyle(row: KeyEntry, { ui }: State, theme: Theme): Style | undefined {
  if (row.gone !== null) return row.gone.token === 0 ? theme.dim : theme.token(row.gone.token);
  if (!isChanged(row, ui.nowMs)) return undefined;
  const { token } = row.change!;
  return token === 0 ? theme.flash : (text) => theme.flash(theme.token(token)(text));
}

const isDue = (row: KeyEntry, nowMs: number): boolean => row.expireAtMs !== -1 && row.expireAtMs <= nowMs;
const isGhost = (row: KeyEntry, nowMs: number): boolean => row.gone !== null || isDue(row, nowMs);
const isChanged = (row: KeyEntry, nowMs: number): boolean => row.gone === null && row.change !== null && nowMs - row.change.atMs < FLASH_FOR_MS;

/** Names are cut in the middle, and the bar takes what the countdown leaves of its column: so these are laid out first. */
function placedColumns(state: State, theme: Theme, width: number): readonly PlacedColumn<KeyEntry>[] {
  return layoutColumns(columnsOf(state, theme), width).map((placed) => {
    const { column, columns } = placed;
    if (column.header === 'key') return { ...placed, column: { ...column, cell: (row) => truncateMiddle(column.cell(row), columns) } };
    return column.header === 'ttl' ? { ...placed, column: { ...column, cell: (row) => lifeText(row, state, theme, columns) } } : placed;
  });
}

function columnsOf(state: State, theme: Theme): readonly Column<KeyEntry>[] {
  const { nowMs } = state.ui;
  // Room that no key needs goes to the values; in steps, so that not every new key moves them.
  const longest = Math.min(MOST_KEY_COLUMNS, Math.ceil(Math.max(8, ...shownRows(state).map(({ key }) => widthOf(theme.visible(key, 128)))) / 4) * 4);
  const faded =
    (style: Style) =>
    (row: KeyEntry): Style =>
      isGhost(row, nowMs) ? theme.dim : style;
  return [
    { header: '', width: 1, cell: (row) => markOf(row, state, theme) },
    { header: 'key', width: { min: Math.min(12, longest), max: longest, weight: 3 }, cell: (row) => theme.visible(row.key, 128), style: faded(theme.strong) },
    { header: 'type', width: 6, rank: 2, cell: (row) => row.type, style: faded(plain) },
    { header: 'encoding', width: 9, rank: 5, cell: (row) => row.encoding, style: () => theme.dim },
    { header: 'size', width: 7, align: 'right', rank: 3, cell: (row) => (row.size < 0 ? '' : formatSize(row)), style: faded(plain) },
    {
      header: 'ttl',
      width: { min: LIFE_COLUMNS, max: COUNTDOWN_COLUMNS + 1 + BAR_COLUMNS, weight: 1 },
      rank: 1,
      cell: (row) => lifeText(row, state, theme, 0),
      style: (row) => (isGhost(row, nowMs) ? theme.warn : theme.dim),
    },
    { header: 'value', width: { min: 16, weight: 3 }, rank: 4, cell: (row) => previewOf(row, theme), style: () => theme.dim },
  ];
}

/** The mark, also without colours. */
function markOf(row: KeyEntry, { ui }: State, theme: Theme): string {
  if (row.key === ui.panes.keyspace.selected) return theme.glyphs.arrow;
  if (isGhost(row, ui.nowMs)) return theme.glyphs.ghost;
  return isChanged(row, ui.nowMs) ? '*' : '';
}

const plain: Style = (text) => text;

const formatSize = (row: KeyEntry): string => (row.type === 'string' ? formatBytes(row.size) : formatCount(row.size));

/** The narration describes a ghost as one, because its mark is not heard, and the badge does not count it. */
function toldColumnsOf(row: KeyEntry, state: State, theme: Theme): readonly Column<KeyEntry>[] {
  const columns = columnsOf(state, theme);
  return row.gone === null ? columns : columns.map((column) => (column.header === 'ttl' ? { ...column, name: 'ghost' } : column));
}

/** The countdown with its bar, or why there is none. */
function lifeText(row: KeyEntry, { ui }: State, theme: Theme, columns: number): string {
  if (row.gone !== null) return row.gone.why;
  if (row.expireAtMs === -1) return '';
  const leftMs = row.expireAtMs - ui.nowMs;
  if (leftMs <= 0) return leftMs > -100 ? TEXTS[ui.language].dueNow : TEXTS[ui.language].dueFor(durationText(Math.floor(-leftMs / 100) * 1e5));
  const barColumns = Math.min(BAR_COLUMNS, columns - COUNTDOWN_COLUMNS - 1);
  return `${fit(countdown(leftMs), COUNTDOWN_COLUMNS)} ${row.fullTtlMs > 0 && barColumns > 0 ? bar(leftMs / row.fullTtlMs, barColumns, theme.glyphs) : ''}`;
}

/** `41.2 s`, `12:05`, `3:00:00`, `12 d`: in readable units. */
function countdown(ms: number): string {
  if (ms <= MINUTE_MS) return `${(ms / 1000).toFixed(1)} s`;
  if (ms >= DAY_MS) return formatMs(ms);
  const parts = [Math.floor(ms / (60 * MINUTE_MS)), Math.floor(ms / MINUTE_MS) % 60, Math.floor(ms / 1000) % 60];
  const [hours, ...rest] = parts;
  return [...(hours === 0 ? [] : [String(hours)]), ...rest.map((part, i) => (hours === 0 && i === 0 ? String(part) : String(part).padStart(2, '0')))].join(':');
}

/** A key known only from an event has no value yet. */
function previewOf(row: KeyEntry, theme: Theme): string {
  if (row.size < 0) return '';
  if (row.type !== 'string') return theme.visible(row.preview);
  return row.preview.length < row.size ? quoted(row.preview, theme).replace(/"$/, '…"') : quoted(row.preview, theme);
}

// An open value

const isValueOpen = ({ ui }: State): boolean => ui.panes.keyspace.isOpen && ui.panes.keyspace.selected !== null;

function renderValue(state: State, { theme, size, isFocused }: PaneContext): readonly string[] {
  const { width, height } = size;
  const texts = TEXTS[state.ui.language];
  const key = state.ui.panes.keyspace.selected!;
  const entry = state.model.keyspace.rows.find((row) => row.key === key && row.gone === null);
  const { value } = state.model.keyspace;
  const name = theme.visible(key, 128);
  if (value === null || value.key !== key) {
    const text = entry === undefined ? texts.notThere(name) : `${name} ${previewOf(entry, theme)}`;
    return fill([theme.strong(fit(text, width))], width, height);
  }
  const { cursor } = state.ui.panes.keyspace;
  const life = entry === undefined || entry.expireAtMs === -1 ? '' : `, ttl ${lifeText(entry, state, theme, 0).trimEnd()}`;
  const encoding = value.encoding === value.type ? '' : `${value.encoding}, `;
  const extent = value.type === 'string' ? formatBytes(entry?.size ?? 0) : countText(value.type, value.count, texts);
  const head = theme.strong(fit(`${name}: ${value.type}, ${encoding}${extent}${life}`, width));
  return fill([head, ...valueRows(value, cursor, { theme, size: { width, height: height - 1 }, isFocused }, texts)], width, height);
}

type Value = NonNullable<State['model']['keyspace']['value']>;
type Item = Value['items'][number];

const UNITS: { readonly [type: string]: Unit | undefined } = { list: 'element', set: 'member', zset: 'member', hash: 'field' };
type Unit = 'element' | 'member' | 'field' | 'entry';

const countText = (type: string, count: number, texts: Texts): string => texts.count(count, UNITS[type] ?? 'entry');

function valueRows(value: Value, cursor: number, { theme, size, isFocused }: PaneContext, texts: Texts): readonly string[] {
  const { width, height: rows } = size;
  const groups = groupRows(value, width, Math.floor(rows / 2), theme, texts);
  const height = rows - groups.length;
  const { type, items, tail, offset, count } = value;
  const at = Math.min(Math.max(cursor - offset, 0), items.length - 1);
  const last = type === 'list' ? [...items, ...tail].slice(-LAST_ITEMS) : [];
  // The end of a list stays visible while there is room for both of its ends, and until the window reaches it.
  const whole = tableWindow(items.length, height - 1, at);
  const hasBothEnds = last.length > 0 && height > 2 * LAST_ITEMS + 2 && offset + whole.end < count;
  const { start, end } = hasBothEnds ? tableWindow(items.length, height - 1 - LAST_ITEMS - 1, at) : whole;
  const placed = layoutColumns(itemColumns(value, offset + at, theme), width);
  const marked = isFocused ? theme.highlight : theme.selected;
  const lines = items.slice(start, end).map((item, i) => bodyRow(placed, item, width, start + i === at ? marked : undefined));
  const between = hasBothEnds
    ? [
        theme.dim(fit(texts.between(formatCount(count - offset - end - LAST_ITEMS)), width)),
        ...last.map((item) => bodyRow(placed, item, width)),
      ]
    : [];
  return [headerRow(placed, width, theme.dim), ...lines, ...between, ...groups];
}

/** The consumer groups of a stream, below its entries. */
function groupRows({ groups }: Value, width: number, most: number, theme: Theme, texts: Texts): readonly string[] {
  const rows = groups.map(({ label, text }) => `  ${texts.group(theme.visible(label))}: ${text}`);
  const shown = rows.length > most && most > 0 ? [...rows.slice(0, most - 1), `  ${texts.moreGroups(rows.length - most + 1)}`] : rows.slice(0, most);
  return shown.map((text) => theme.dim(fit(text, width)));
}

const LABELS: { readonly [type: string]: { readonly label: string; readonly text: string } } = {
  string: { label: 'at', text: 'bytes' },
  list: { label: 'index', text: 'element' },
  set: { label: '', text: 'member' },
  zset: { label: 'score', text: 'member' },
  hash: { label: 'field', text: 'value' },
};

function itemColumns({ type, items, offset }: Value, cursor: number, theme: Theme): readonly Column<Item>[] {
  const mark: Column<Item> = { header: '', width: 1, cell: (item) => (items[cursor - offset] === item ? theme.glyphs.arrow : '') };
  const { label, text } = LABELS[type] ?? { label: 'ID', text: 'entry' };
  const isName = type === 'hash';
  const labels: Column<Item> = {
    header: label,
    width: isName ? { min: 8, max: 40 } : { min: 6, max: 16 },
    align: isName ? 'left' : 'right',
    cell: (item) => theme.visible(item.label),
    style: () => (isName ? theme.strong : theme.dim),
  };
  const texts: Column<Item> = {
    header: text,
    width: { min: 8, weight: 4 },
    cell: (item) => theme.visible(item.text) + (item.bytes > item.text.length ? `… ${formatBytes(item.bytes)}` : ''),
  };
  return label === '' ? [mark, texts] : [mark, labels, texts];
}
