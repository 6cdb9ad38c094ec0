import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { bodyRow, headerRow, layoutColumns, type Column } from '../../../../src/tui/view/parts/table.js';
import { width } from '../../../../src/tui/view/text.js';

interface Row {
  readonly name: string;
  readonly size: number;
  readonly note: string;
}

const COLUMNS: readonly Column<Row>[] = [
  { header: 'name', width: { min: 6, weight: 2 }, cell: ({ name }) => name },
  { header: 'size', width: 5, align: 'right', rank: 1, cell: ({ size }) => String(size), style: () => (text) => `<${text}>` },
  { header: 'note', width: { min: 4, max: 8 }, rank: 2, cell: ({ note }) => note },
];
const ROW: Row = { name: 'greeting', size: 42, note: 'a long note' };
const plain = (text: string): string => text;
const widths = (columns: number): number[] => layoutColumns(COLUMNS, columns).map((placed) => placed.columns);

test.for([
  [40, [25, 5, 8]],
  [20, [8, 5, 5]],
  [17, [6, 5, 4]],
  [16, [10, 5]],
  [11, [11]],
  [6, [6]],
  [3, [3]],
  [0, [0]],
] as const)('in %i columns the widths are %j: the least important column gives way first', ([columns, expected]) => {
  expect(widths(columns)).toEqual(expected);
});

test('headers and rows are aligned; styles take no room', () => {
  const placed = layoutColumns(COLUMNS, 20);
  expect(headerRow(placed, 20, plain)).toBe('name      size note ');
  expect(bodyRow(placed, ROW, 20)).toBe('greeting <   42> a lo…');
  expect(bodyRow(placed, ROW, 20, (text) => `[${text}]`)).toBe('[greeting    42 a lo…]');
});

test('rows have exactly the width, whatever is in them', () => {
  const bare = COLUMNS.map((column) => ({ ...column, style: () => plain }));
  fc.assert(
    fc.property(fc.nat(120), fc.string({ unit: 'grapheme' }), fc.nat(), (columns, text, size) => {
      // What is printed has been made visible before.
      const safe = text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?');
      const row = bodyRow(layoutColumns(bare, columns), { name: safe, size, note: safe }, columns);
      expect(width(row)).toBe(columns);
    }),
  );
});
