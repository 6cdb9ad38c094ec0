/**
 * The commands view, the other face of the frames pane: the cost of each command, in time and in bytes, and its callers.
 *
 *     command     calls    p50     p99     max    time      in     out  by
 *     lrange      1,200  310 µs  2.1 ms  14 ms  412 ms   38 KB  12 MB+  #5 1,100, #7 100
 *     get        44,012    2 µs    9 µs  80 µs   98 ms  1.2 MB   2 MB+  #9 44,012
 *
 * Calls and times are the server's own; bytes and clients are counted from the trace, and a + marks that events of some calls are missing. Enter shows the
 * frames of a command.
 */
import type { InLanguages } from '../../../shared/language.js';
import { commandRows, type CommandRow } from '../../state/model/commands.js';
import type { State } from '../../state/state.js';
import { toBytes } from '../../state/typed-text.js';
import type { Pane, PaneContext } from '../pane.js';
import { fill } from '../parts/fill.js';
import { frozenBadge, newSince, placeRows, type Placed } from '../parts/frozen.js';
import { tableWindow } from '../parts/list-window.js';
import { bodyRow, headerRow, layoutColumns, toldRow, type Column } from '../parts/table.js';
import { checkFilter, filterOf, passes } from '../parts/filter.js';
import { fit, formatBytes, formatCount, formatUs, visible, width as widthOf } from '../text.js';
import { durationStyle, type Style, type Theme } from '../theme.js';

/** The orders of s; in the first one the command with the most time is on top. */
const ORDERS: { readonly [sort: string]: (a: CommandRow, b: CommandRow) => number } = {
  time: (a, b) => b.elapsedUs - a.elapsedUs,
  calls: (a, b) => b.calls - a.calls,
  p99: (a, b) => (b.times?.p99Us ?? 0) - (a.times?.p99Us ?? 0),
  max: (a, b) => (b.maxUs ?? 0) - (a.maxUs ?? 0),
  bytes: (a, b) => bytesOf(b) - bytesOf(a),
  name: () => 0,
};
const SORTS = Object.keys(ORDERS);

const ENGLISH = {
  by: (sort: string) => `by ${sort}`,
  toFrames: 'v frames',
  gone: (command: string) => `${command} is not counted any more`,
  none: 'no command yet',
  more: (count: number) => `${count} more`,
};

type Texts = typeof ENGLISH;

const KOREAN: Texts = {
  by: (sort) => `${sort}순`,
  toFrames: 'v 프레임 보기',
  gone: (command) => `${command}: 더 이상 집계되지 않습니다`,
  none: '아직 명령이 없습니다',
  more: (count) => `외 ${count}개`,
};

const TEXTS: InLanguages<Texts> = { en: ENGLISH, ko: KOREAN };

/** Below this width names are cut, so that all times have room. */
const NARROW_COLUMNS = 56;

/** Number of callers named in a row, the most frequent first. */
const NAMED_CLIENTS = 4;

export const commandsPane: Pane = {
  id: 'frames',
  title: 'Commands',
  badge(state, columns) {
    const { sort, filter, frozenRows } = state.ui.panes.frames;
    const named = filter === '' ? '' : ` /${visible(toBytes(filter))}`;
    if (frozenRows !== null) return frozenBadge(newSince(rowsOf(state).map(idOf), 0, frozenRows), columns - widthOf(named), state.ui.language) + named;
    const texts = TEXTS[state.ui.language];
    return `${texts.by(sort || SORTS[0]!)}${named}${named === '' && state.ui.focus === 'frames' ? `, ${texts.toFrames}` : ''}`;
  },
  render,
  rows: (state) => placedRows(state).map(({ id }) => id),
  entered: (state) => ({ type: 'turn', face: '', filter: `cmd:${(state.ui.panes.frames.selected ?? '').replace('|', ' ')}` }),
  sorts: SORTS,
  checkFilter: (text) => checkFilter(text, ['command']),
  lines: (state, limit, theme) => rowsOf(state).slice(0, limit).map((row) => toldRow(columnsOf(state, [row], theme, Infinity), row)),
  help: 'commands',
};

const bytesOf = ({ traced }: CommandRow): number => traced.bytesRead + traced.bytesWritten;

const idOf = ({ name }: CommandRow): string => name;

const placedRows = (state: State): readonly Placed<CommandRow>[] => placeRows(rowsOf(state), 0, state.ui.panes.frames.frozenRows, idOf);

function rowsOf({ model, ui }: State): readonly CommandRow[] {
  const { filter, sort } = ui.panes.frames;
  const conditions = filterOf(filter);
  const rows = commandRows(model.commands).filter(({ name }) => conditions === null || passes(conditions, { text: name, command: name.split('|')[0]! }));
  return rows.toSorted((a, b) => (ORDERS[sort] ?? ORDERS.time!)(a, b) || (a.name < b.name ? -1 : 1));
}

function render(state: State, { theme, size, isFocused }: PaneContext): readonly string[] {
  const { width, height } = size;
  const texts = TEXTS[state.ui.language];
  const rows = placedRows(state);
  const { selected } = state.ui.panes.frames;
  const at = selected === null ? -1 : rows.findIndex(({ id }) => id === selected);
  const { start, end } = tableWindow(rows.length, height - 1, at);
  const placed = layoutColumns(columnsOf(state, rows.flatMap(({ row }) => row ?? []), theme, width), width);
  const marked = isFocused ? theme.highlight : theme.selected;
  const lines = rows.slice(start, end).map(({ id, row }, i) => {
    const style = start + i === at ? marked : undefined;
    return row === null ? (style ?? theme.dim)(fit(`  ${texts.gone(theme.visible(id))}`, width)) : bodyRow(placed, row, width, style);
  });
  if (rows.length === 0) lines.push(theme.dim(fit(texts.none, width)));
  return fill([headerRow(placed, width, theme.dim), ...lines], width, height);
}

function columnsOf({ ui }: State, rows: readonly CommandRow[], theme: Theme, width: number): readonly Column<CommandRow>[] {
  const mark = ({ name }: CommandRow): string => (name === ui.panes.frames.selected ? theme.glyphs.arrow : ' ');
  const longest = Math.max(8, ...rows.map(({ name }) => widthOf(theme.visible(name)) + 1));
  const time = (us: number | undefined | null): string => (us === undefined || us === null ? '' : timeText(us));
  const timed = (us: number | undefined | null): Style => durationStyle(us ?? 0, theme);
  const part = (bytes: number, { isPart }: CommandRow): string => (bytes === 0 && isPart ? '' : `${formatBytes(bytes)}${isPart ? '+' : ''}`);
  return [
    {
      header: ' command',
      name: 'command',
      width: { min: width < NARROW_COLUMNS ? 8 : Math.min(longest, 14), max: longest },
      cell: (row) => mark(row) + theme.visible(row.name),
      style: () => theme.strong,
    },
    { header: 'calls', width: { min: 8, max: 11 }, align: 'right', rank: 1, cell: ({ calls }) => formatCount(calls) },
    { header: 'p50', width: 7, align: 'right', rank: 2, cell: ({ times }) => time(times?.p50Us), style: ({ times }) => timed(times?.p50Us) },
    { header: 'p99', width: 7, align: 'right', cell: ({ times }) => time(times?.p99Us), style: ({ times }) => timed(times?.p99Us) },
    { header: 'max', width: 7, align: 'right', cell: ({ maxUs }) => time(maxUs), style: ({ maxUs }) => timed(maxUs) },
    { header: 'time', name: 'all together', width: 7, align: 'right', rank: 6, cell: ({ elapsedUs }) => timeText(elapsedUs), style: () => theme.dim },
    { header: 'in', width: 8, align: 'right', rank: 5, cell: (row) => part(row.traced.bytesRead, row), style: () => theme.dim },
    { header: 'out', width: 8, align: 'right', rank: 4, cell: (row) => part(row.traced.bytesWritten, row), style: () => theme.dim },
    {
      header: 'by',
      name: 'called by',
      width: { min: 8, max: 60, weight: 2 },
      rank: 3,
      cell: (row) => callersOf(row, TEXTS[ui.language]),
      style: () => theme.dim,
    },
  ];
}

/** Parts of a microsecond in the server's figures are meaningless. */
const timeText = (us: number): string => (us > 0 && us < 1 ? '<1 µs' : formatUs(us < 1000 ? Math.round(us) : us));

/** `#5 1,100, #7 100, 3 more`. */
function callersOf({ traced, isPart }: CommandRow, texts: Texts): string {
  const most = traced.clients.sorted().toSorted((a, b) => b.calls - a.calls);
  const named = most.slice(0, NAMED_CLIENTS).map(({ token, calls }) => `#${token} ${formatCount(calls)}${isPart ? '+' : ''}`);
  return [...named, ...(most.length > named.length ? [texts.more(most.length - named.length)] : [])].join(', ');
}
