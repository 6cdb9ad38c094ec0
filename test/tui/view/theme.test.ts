/** The colours of the screen as colours: which families they belong to, and whether they can be read. */
import { describe, expect, test } from 'vitest';
import { inBasicColors } from '../../../src/tui/terminal/color-depth.js';
import { backgroundOf, HUES, type Background } from '../../../src/tui/view/hues.js';
import { createTheme, durationStyle, type Style } from '../../../src/tui/view/theme.js';

type Rgb = readonly [red: number, green: number, blue: number];

const LEVELS = [0, 95, 135, 175, 215, 255];
const BACKDROPS: { readonly [background in Background]: readonly Rgb[] } = { dark: [[16, 16, 16]], light: [[255, 255, 255]], unknown: [[16, 16, 16], [255, 255, 255]] };
const BACKGROUNDS = Object.keys(HUES) as Background[];

/** Of xterm's 256 colours, from the cube or the greys. */
function rgbOf(index: number): Rgb {
  if (index >= 232) return [8 + (index - 232) * 10, 8 + (index - 232) * 10, 8 + (index - 232) * 10];
  const at = index - 16;
  return [LEVELS[Math.floor(at / 36)]!, LEVELS[Math.floor(at / 6) % 6]!, LEVELS[at % 6]!];
}

/** In degrees; red is 0, green 120, blue 240. */
function angleOf(index: number): number {
  const [red, green, blue] = rgbOf(index);
  const highest = Math.max(red, green, blue);
  const range = highest - Math.min(red, green, blue);
  const sextant = highest === red ? ((green - blue) / range + 6) % 6 : highest === green ? (blue - red) / range + 2 : (red - green) / range + 4;
  return sextant * 60;
}

/** As WCAG 2 has it: 3 for what is large, 4.5 for text. */
function contrast(index: number, backdrop: Rgb): number {
  const [lighter, darker] = [luminance(rgbOf(index)), luminance(backdrop)].toSorted((a, b) => b - a);
  return (lighter! + 0.05) / (darker! + 0.05);
}

function luminance(color: Rgb): number {
  const [red, green, blue] = color.map((level) => (level <= 10 ? level / 255 / 12.92 : ((level / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

test('for a projector nothing is grey: what is quiet is as bright as text', () => {
  const { dim, border, boxColor, phase, token, good } = createTheme({ palette: 'color', ascii: false, background: 'dark', isPresenting: true });
  for (const style of [dim, border, phase.poll, token(0), token(1)]) expect(style('text')).toBe('text');
  expect(boxColor).toBe(undefined);
  expect(good('text')).not.toBe('text');
  expect(token(5)('text')).not.toBe('text');
});

describe.each(BACKGROUNDS)('on a background that is %s', (background) => {
  const { bad, warn, good, identities, work, quiet } = HUES[background];

  test('what a connection is called by and what state something is in share no hue, and neither do the phases of a turn', () => {
    const isState = (angle: number): boolean => angle < 150 || angle > 345;
    const isWork = (angle: number): boolean => angle >= 160 && angle <= 190;
    const isIdentity = (angle: number): boolean => angle >= 195 && angle <= 335;
    expect([bad, warn, good].map(angleOf).every(isState)).toBe(true);
    expect(identities.map(angleOf).every(isIdentity)).toBe(true);
    expect(work.map(angleOf).every(isWork)).toBe(true);
    expect(new Set([bad, warn, good, ...identities, ...work]).size).toBe(3 + identities.length + work.length);
  });

  test('where a terminal has eight colours, they are apart as well', () => {
    const basicOf = (index: number): string => inBasicColors(`\x1b[38;5;${index}m`).slice(2, -1);
    expect([bad, warn, good].map(basicOf)).toEqual(['31', '33', '32']);
    expect([...new Set(identities.map(basicOf))].toSorted()).toEqual(['34', '35']);
    expect(work.map(basicOf)).toEqual(['36', '36']);
    expect(basicOf(quiet)).toBe('39');
  });

  test('each colour can be read, and so can what is quiet', () => {
    const least = background === 'unknown' ? 3 : 4.5;
    for (const backdrop of BACKDROPS[background]) for (const hue of [bad, warn, good, ...identities, ...work, quiet]) expect([hue, contrast(hue, backdrop)]).toEqual([hue, expect.toSatisfy((ratio) => ratio >= least)]);
  });

  test('a border can be seen', () => {
    for (const backdrop of BACKDROPS[background]) expect(contrast(HUES[background].border, backdrop)).toBeGreaterThanOrEqual(3);
  });

  test('nothing is drawn in what the terminal calls dim, and the theme takes its colours from nowhere else', () => {
    const theme = createTheme({ palette: 'color', ascii: false, background });
    expect(theme.dim('x')).toBe(`\x1b[38;5;${quiet}mx\x1b[39m`);
    const colorsOf = (style: Style): number[] => Array.from(style('x').matchAll(/38;5;(\d+)/g), ([, index]) => Number(index));
    expect(Array.from({ length: 40 }, (_, i) => colorsOf(theme.token(i + 2))).flat().every((index) => identities.includes(index))).toBe(true);
    expect([theme.bad, theme.warn, theme.good].flatMap(colorsOf)).toEqual([bad, warn, good]);
  });
});

test.for([
  [undefined, 'unknown'],
  ['', 'unknown'],
  ['15;0', 'dark'],
  ['0;15', 'light'],
  ['0;default;7', 'light'],
  ['12;8', 'dark'],
  ['0;default', 'unknown'],
  ['0;99', 'unknown'],
] as const)('COLORFGBG=%s says that the background is %s', ([value, expected]) => {
  expect(backgroundOf(value)).toBe(expected);
});

test('times from a millisecond on are highlighted, and those that redis-server logs as slow more strongly', () => {
  const theme = createTheme({ palette: 'color', ascii: false });
  const styled = [0, 999, 1000, 9999, 10_000].map((us) => durationStyle(us, theme)('x'));
  expect(styled).toEqual([theme.dim('x'), theme.dim('x'), theme.warn('x'), theme.warn('x'), theme.strong(theme.warn('x'))]);
});
