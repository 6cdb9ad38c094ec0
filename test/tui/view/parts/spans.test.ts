import { expect, test } from 'vitest';
import { spansRow } from '../../../../src/tui/view/parts/spans.js';

const span = (text: string) => ({ text, style: (cut: string) => `<${cut}>` });

test.for([
  [['read', ' 42 B'], 12, '<read>< 42 B>   '],
  [['read', ' 42 B'], 9, '<read>< 42 B>'],
  [['read', ' 42 B'], 7, '<read>< 4…>'],
  [['read', ' 42 B'], 4, '<rea…>'],
  [['read', ' 42 B'], 1, '<…>'],
  [['read'], 4, '<read>'],
  [[], 3, '   '],
] as const)('%j in %i columns is %s', ([texts, columns, expected]) => {
  expect(spansRow(texts.map(span), columns)).toBe(expected);
});
