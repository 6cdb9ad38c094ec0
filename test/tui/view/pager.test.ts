/** A reply that is too long for the transcript, whole, over the panes. */
import { expect, test } from 'vitest';
import { pagedRows, pagerLimit, pagerRows, pagerTitle } from '../../../src/tui/view/pager.js';
import { width } from '../../../src/tui/view/text.js';
import { spelledIn } from '../../../src/tui/view/theme.js';
import { AppOnScreen } from '../app-on-screen.js';
import { COLORED, PLAIN } from '../scene.js';

const pager = (lines: readonly string[], top = 0, search = '') => ({ id: 1, title: 'LRANGE l 0 -1', lines, top, search });

test('long lines take several rows, and nothing of them is lost', () => {
  const lines = ['short', 'x'.repeat(25), '漢'.repeat(11), 'end'];
  const { rows, firstRows } = pagedRows(pager(lines), 10, PLAIN);
  expect(rows.join('')).toBe(lines.join(''));
  expect(firstRows).toEqual([0, 1, 4, 7]);
  for (const row of pagerRows(pager(lines), { width: 10, height: 20 }, PLAIN)) expect(width(row)).toBe(10);
});

test('the title shows which lines are visible', () => {
  const lines = Array.from({ length: 1234 }, (_, i) => `line ${i}`);
  const size = { width: 40, height: 10 };
  expect(pagerTitle(pager(lines), size, PLAIN, 'en')).toBe(' LRANGE l 0 -1 · lines 1-10 of 1,234 ');
  expect(pagerTitle(pager(lines, 99_999), size, PLAIN, 'en')).toBe(' LRANGE l 0 -1 · lines 1,225-1,234 of 1,234 ');
  expect(pagerLimit(pager(lines), size, PLAIN)).toBe(1224);
});

test('matches are highlighted, and bytes have the chosen form', () => {
  expect(pagerRows(pager(['an éclair'], 0, 'écl'), { width: 12, height: 1 }, COLORED)[0]).toBe(`an ${COLORED.highlight('écl')}air   `);
  expect(pagerRows(pager(['é']), { width: 12, height: 1 }, spelledIn(PLAIN, 'escaped'))[0]).toBe('\\xc3\\xa9    ');
});

test('Ctrl-O opens all of a reply, which is scrolled, searched, and left by Esc', async () => {
  await using screen = await AppOnScreen.start();
  screen.type(`RPUSH list ${Array.from({ length: 1000 }, (_, i) => `item-${i}`).join(' ')}\r`);
  await screen.until('(integer) 1000');
  screen.type('LRANGE list 0 -1\r');
  await screen.until('Ctrl-O shows all of it');
  screen.type('\x0f');
  await screen.until(/LRANGE list 0 -1 · lines 1-35 of 1,000/);
  screen.type('\x1b[6~');
  await screen.until('lines 35-69 of 1,000');
  screen.type('G');
  expect(await screen.until('lines 966-1,000 of 1,000')).toContain('1000) "item-999"');
  screen.type('/ITEM-77\r');
  await screen.until(/lines 78-112 of 1,000/);
  screen.type('n');
  await screen.until(/lines 771-805 of 1,000/);
  screen.type('N');
  await screen.until(/lines 78-112 of 1,000/);
  screen.type('/nowhere\r');
  await screen.until('nowhere is not in this reply');
  screen.type('\x1b');
  await screen.until((text) => text.includes('Frames') && text.includes('Ctrl-O shows all of it'));
});

test('a string of any length is shown whole, and one long reply leads to the other', async () => {
  await using screen = await AppOnScreen.start();
  screen.type('SETRANGE big 9000 end\r');
  await screen.until('(integer) 9003');
  screen.type('GET big\r');
  await screen.until('more bytes not shown');
  screen.type('COMMAND DOCS\r');
  await screen.until(/more lines not shown\s*/);
  screen.type('\x0f', 'G');
  await screen.until(/COMMAND DOCS · lines [\d,]+-([\d,]+) of \1 /);
  screen.type('[', 'G');
  await screen.until((text) => text.includes('GET big · lines 1-1 of 1') && text.includes('end"'));
  screen.type('[');
  await screen.until('there is no older long reply');
});
