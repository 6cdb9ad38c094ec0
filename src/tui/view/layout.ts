/**
 * Layouts: the places of the panes on a screen of a given size.
 *
 *   80×24                        120×40                              200×60
 *   ┌ loop ──┬ tokens ───┐       ┌ loop ────┬ tokens ──────────┐     ┌ loop ─────┬ tokens ──┬ frames ──┐
 *   │        ├ readiness ┤       │          ├ readiness ───────┤     │           │          │          │
 *   │        ├ frames ───┤       ├ repl ────┼ frames ──────────┤     ├ readiness ┼ keyspace ┴──────────┤
 *   ├ repl ──┼ keyspace ─┤       │          ├ keyspace ────────┤     │           ├ repl ───────────────┤
 *   └────────┴───────────┘       └──────────┴──────────────────┘     └───────────┴─────────────────────┘
 *
 * The small one has a line above each pane instead of a box around it. If there are few rows, the focused pane takes those that its neighbours can spare. If
 * there is room, values get columns: keys, values and names of clients are long, and a console is read at its end. Sizes in between use the next smaller
 * layout, stretched proportionally.
 */
import type { PaneId } from '../state/pane-id.js';
import type { Size } from './pane.js';

/** A pane with its frame. */
export interface Place {
  readonly pane: PaneId;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** `box`: a border all around. `rule`: a line above, and a column of space to the right. */
export type Frame = 'box' | 'rule';

export interface Layout {
  readonly headerRows: number;
  readonly footerRows: number;
  readonly frame: Frame;
  readonly places: readonly Place[];
}

export const MINIMUM: Size = { width: 60, height: 16 };

interface Column {
  readonly width: number;
  readonly rows: readonly Row[];
}

interface Row {
  readonly height: number;
  /** Rows that it keeps when another pane of its column has the focus; left out: its share. */
  readonly least?: number;
  /** Side by side, with their widths. */
  readonly panes: { readonly [pane in PaneId]?: number };
}

interface Design {
  readonly size: Size;
  readonly frame: Frame;
  readonly headerRows: number;
  readonly footerRows: number;
  readonly columns: readonly Column[];
}

function only(pane: PaneId, height: number, least?: number): Row {
  return { height, panes: { [pane]: 1 }, ...(least === undefined ? {} : { least }) };
}

/** Largest first. The heights of a column and the widths of the columns add up to the size, including header and footer. */
const DESIGNS: readonly Design[] = [
  {
    size: { width: 200, height: 60 },
    frame: 'box',
    headerRows: 2,
    footerRows: 1,
    columns: [
      { width: 60, rows: [only('loop', 28), only('readiness', 29)] },
      { width: 140, rows: [{ height: 26, panes: { tokens: 76, frames: 64 } }, only('keyspace', 17), only('repl', 14)] },
    ],
  },
  {
    size: { width: 120, height: 40 },
    frame: 'box',
    headerRows: 2,
    footerRows: 1,
    columns: [
      { width: 52, rows: [only('loop', 22), only('repl', 15)] },
      { width: 68, rows: [only('tokens', 11, 8), only('readiness', 8, 6), only('frames', 9, 7), only('keyspace', 9, 7)] },
    ],
  },
  {
    size: { width: 80, height: 24 },
    frame: 'rule',
    headerRows: 1,
    footerRows: 1,
    columns: [
      { width: 38, rows: [only('loop', 14), only('repl', 8)] },
      { width: 42, rows: [only('tokens', 6, 5), only('readiness', 5, 4), only('frames', 5, 4), only('keyspace', 6, 4)] },
    ],
  },
];

/** The parts of the screen's state on which its layout depends. */
export interface Arrangement {
  readonly focus: PaneId;
  readonly isZoomed: boolean;
  /** An experiment has the column of the REPL, with these panes beside it; the others are folded. */
  readonly beside?: readonly PaneId[] | null;
}

/** Null: the screen is smaller than {@link MINIMUM}. */
export function layoutOf(screen: Size, { focus, isZoomed, beside = null }: Arrangement): Layout | null {
  if (screen.width < MINIMUM.width || screen.height < MINIMUM.height) return null;
  const { headerRows, footerRows, frame, columns } = DESIGNS.find(({ size }) => size.width <= screen.width && size.height <= screen.height) ?? DESIGNS.at(-1)!;
  const height = screen.height - headerRows - footerRows;
  const arranged = beside === null ? columns : besideExperiment(beside, focus);
  const places = isZoomed ? [{ pane: focus, x: 0, y: headerRows, width: screen.width, height }] : placesOf(arranged, focus, screen.width, headerRows, height);
  return { headerRows, footerRows, frame, places };
}

/** A pane chosen by its key unfolds as long as it has the focus. */
function besideExperiment(beside: readonly PaneId[], focus: PaneId): readonly Column[] {
  const shown = focus === 'repl' || beside.includes(focus) ? beside : [...beside, focus];
  return [
    { width: 1, rows: [only('repl', 1)] },
    { width: 1, rows: shown.map((pane) => only(pane, 1)) },
  ];
}

/** The inside of a pane. */
export function insideOf({ width, height }: Place, frame: Frame): Size {
  return frame === 'box' ? { width: width - 2, height: height - 2 } : { width: width - 1, height: height - 1 };
}

function placesOf(columns: readonly Column[], focus: PaneId, width: number, top: number, height: number): Place[] {
  const widths = share(columns.map((column) => column.width), width);
  return columns.flatMap(({ rows }, i) => {
    const x = sum(widths.slice(0, i));
    const heights = heightsOf(rows, focus, height);
    return rows.flatMap((row, j) => placesInRow(row, { x, y: top + sum(heights.slice(0, j)), width: widths[i]!, height: heights[j]! }));
  });
}

function placesInRow({ panes }: Row, { x, y, width, height }: Omit<Place, 'pane'>): Place[] {
  const widths = share(Object.values(panes), width);
  return panesOf(panes).map((pane, i) => ({ pane, x: x + sum(widths.slice(0, i)), y, width: widths[i]!, height }));
}

function heightsOf(rows: readonly Row[], focus: PaneId, height: number): number[] {
  const shares = share(rows.map((row) => row.height), height);
  const at = rows.findIndex(({ panes }) => focus in panes);
  if (at === -1) return shares;
  const kept = shares.map((rowsOfPane, i) => (i === at ? 0 : Math.min(rowsOfPane, rows[i]!.least ?? Infinity)));
  return kept.with(at, height - sum(kept));
}

const panesOf = (panes: Row['panes']): PaneId[] => Object.keys(panes) as PaneId[];

/** Integer shares of `total` in proportion to the weights, with an exact sum. */
function share(weights: readonly number[], total: number): number[] {
  const all = sum(weights);
  const edges = weights.map((_, i) => Math.round((sum(weights.slice(0, i + 1)) / all) * total));
  return edges.map((edge, i) => edge - (edges[i - 1] ?? 0));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
