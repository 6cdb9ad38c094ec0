/**
 * Layouts: where the panes stand on a screen of a given size.
 *
 *   80×24                        120×40                              200×60
 *   ┌ loop ──┬ tokens ───┐       ┌ loop ────┬ tokens ──────────┐     ┌ loop ──┬ tokens ───┬ frames ──┐
 *   │        ├ readiness ┤       │          ├ readiness ───────┤     │        │           │          │
 *   │        ├ frames ───┤       ├ repl ────┼ frames ──────────┤     ├ repl ──┼ readiness ┼ keyspace ┤
 *   ├ repl ──┼ keyspace ─┤       │          ├ keyspace ────────┤     │        │           │          │
 *   └────────┴───────────┘       └──────────┴──────────────────┘     └────────┴───────────┴──────────┘
 *
 * The small one has a line above each pane instead of a box around it, and the pane in focus takes the rows that its neighbours can spare: every row counts. Sizes in between take the next smaller layout, stretched in its proportions.
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

/** `box`: a border all around. `rule`: a line above, a column of space to the right. */
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
  /** Rows that a pane keeps when another one of its column has the focus; left out: its share. */
  readonly least?: number;
  readonly rows: readonly (readonly [pane: PaneId, height: number])[];
}

interface Design {
  readonly size: Size;
  readonly frame: Frame;
  readonly headerRows: number;
  readonly footerRows: number;
  readonly columns: readonly Column[];
}

/** Largest first. The heights of a column and the widths of the columns add up to the size, header and footer included. */
const DESIGNS: readonly Design[] = [
  {
    size: { width: 200, height: 60 },
    frame: 'box',
    headerRows: 2,
    footerRows: 1,
    columns: [
      { width: 54, rows: [['loop', 28], ['repl', 29]] },
      { width: 78, rows: [['tokens', 18], ['readiness', 39]] },
      { width: 68, rows: [['frames', 30], ['keyspace', 27]] },
    ],
  },
  {
    size: { width: 120, height: 40 },
    frame: 'box',
    headerRows: 2,
    footerRows: 1,
    columns: [
      { width: 52, rows: [['loop', 22], ['repl', 15]] },
      { width: 68, rows: [['tokens', 9], ['readiness', 9], ['frames', 9], ['keyspace', 10]] },
    ],
  },
  {
    size: { width: 80, height: 24 },
    frame: 'rule',
    headerRows: 1,
    footerRows: 1,
    columns: [
      { width: 38, rows: [['loop', 14], ['repl', 8]] },
      { width: 42, least: 4, rows: [['tokens', 6], ['readiness', 5], ['frames', 5], ['keyspace', 6]] },
    ],
  },
];

/** Null: the screen is smaller than {@link MINIMUM}. */
export function layoutOf(screen: Size, { focus, isZoomed }: { readonly focus: PaneId; readonly isZoomed: boolean }): Layout | null {
  if (screen.width < MINIMUM.width || screen.height < MINIMUM.height) return null;
  const { headerRows, footerRows, frame, columns } = DESIGNS.find(({ size }) => size.width <= screen.width && size.height <= screen.height) ?? DESIGNS.at(-1)!;
  const height = screen.height - headerRows - footerRows;
  const places = isZoomed ? [{ pane: focus, x: 0, y: headerRows, width: screen.width, height }] : placesOf(columns, focus, screen.width, headerRows, height);
  return { headerRows, footerRows, frame, places };
}

/** The inside of a pane. */
export function insideOf({ width, height }: Place, frame: Frame): Size {
  return frame === 'box' ? { width: width - 2, height: height - 2 } : { width: width - 1, height: height - 1 };
}

function placesOf(columns: readonly Column[], focus: PaneId, width: number, top: number, height: number): Place[] {
  const widths = share(columns.map((column) => column.width), width);
  return columns.flatMap((column, i) => {
    const { rows } = column;
    const x = sum(widths.slice(0, i));
    const heights = heightsOf(column, focus, height);
    return rows.map(([pane], j) => ({ pane, x, y: top + sum(heights.slice(0, j)), width: widths[i]!, height: heights[j]! }));
  });
}

function heightsOf({ rows, least = Infinity }: Column, focus: PaneId, height: number): number[] {
  const shares = share(rows.map(([, weight]) => weight), height);
  const at = rows.findIndex(([pane]) => pane === focus);
  if (at === -1) return shares;
  const kept = shares.map((rowsOfPane, i) => (i === at ? 0 : Math.min(rowsOfPane, least)));
  return kept.with(at, height - sum(kept));
}

/** Whole shares of `total` in the proportions of the weights; rounding never adds up. */
function share(weights: readonly number[], total: number): number[] {
  const all = sum(weights);
  const edges = weights.map((_, i) => Math.round((sum(weights.slice(0, i + 1)) / all) * total));
  return edges.map((edge, i) => edge - (edges[i - 1] ?? 0));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
