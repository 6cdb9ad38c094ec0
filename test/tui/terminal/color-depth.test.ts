/** How many colours there are, by the environment; and what rows become where these are few. */
import { expect, test } from 'vitest';
import { colorDepthOf, inBasicColors, type ColorDepth } from '../../../src/tui/terminal/color-depth.js';

test.each<[{ [name: string]: string }, ColorDepth]>([
  [{ TERM: 'xterm-256color' }, '256'],
  [{ TERM: 'xterm', COLORTERM: 'truecolor' }, '256'],
  [{ TERM: 'xterm-kitty' }, '256'],
  [{ TERM: 'tmux-256color' }, '256'],
  [{ TERM: 'xterm' }, 'basic'],
  [{ TERM: 'screen' }, 'basic'],
  [{ TERM: 'linux' }, 'basic'],
  [{ TERM: 'unheard-of' }, 'basic'],
  [{ TERM: 'vt100' }, 'none'],
  [{ TERM: 'vt220' }, 'none'],
  [{ TERM: 'xterm-mono' }, 'none'],
  [{ TERM: 'dumb' }, 'none'],
  [{}, 'none'],
  [{ TERM: 'xterm-256color', NO_COLOR: '1' }, 'none'],
  [{ TERM: 'xterm-256color', NO_COLOR: '' }, '256'],
  [{ TERM: 'xterm-256color', FORCE_COLOR: '0' }, 'none'],
  [{ TERM: 'xterm-256color', FORCE_COLOR: 'false' }, 'none'],
  [{ TERM: 'xterm-256color', FORCE_COLOR: '1' }, 'basic'],
  [{ TERM: 'vt100', FORCE_COLOR: '' }, 'basic'],
  [{ TERM: 'vt100', FORCE_COLOR: '2' }, '256'],
  [{ TERM: 'vt100', FORCE_COLOR: '3', NO_COLOR: '1' }, '256'],
])('%j: %s', (env, depth) => {
  expect(colorDepthOf(env, 'linux')).toBe(depth);
});

test('Windows has no TERM, and all colours', () => {
  expect(colorDepthOf({}, 'win32')).toBe('256');
});

test.each([
  ['red', '38;5;203', '31'],
  ['orange', '38;5;208', '33'],
  ['yellow', '38;5;178', '33'],
  ['green', '38;5;35', '32'],
  ['turquoise', '38;5;44', '36'],
  ['blue', '38;5;39', '34'],
  ['violet', '38;5;141', '35'],
  ['pink', '38;5;170', '35'],
  ['grey', '38;5;240', '39'],
  ['one of the first sixteen', '38;5;9', '31'],
  ['true colour', '38;2;10;200;10', '32'],
  ['a background', '48;5;203', '41'],
  ['a grey background', '48;5;236', '49'],
  ['together with others', '1;38;5;35;4', '1;32;4'],
  ['what is basic already', '1;36', '1;36'],
  ['an end', '22;39', '22;39'],
  ['everything off', '', ''],
])('%s', (_, parameters, basic) => {
  expect(inBasicColors(`a \x1b[${parameters}mb\x1b[39m`)).toBe(`a \x1b[${basic}mb\x1b[39m`);
});
