/**
 * The number of colours of the terminal, from the environment, and how rows are reduced to few colours.
 *
 *   256      as the theme writes it: ESC [ 38 ; 5 ; n m
 *   basic    the eight that every colour terminal has: ESC [ 3 n m. Grey becomes the default text colour.
 *   none     the theme draws without colours (see view/theme.ts)
 *
 * The theme uses one palette; the sink converts rows on output, so nothing else has to know.
 */
export type ColorDepth = '256' | 'basic' | 'none';

/** Terminals whose name says that they have 256 colours or more. */
const MANY = /256|-direct|kitty|alacritty|foot|ghostty|wezterm|contour/;
/** Terminals without colours: the DEC ones, others of their time, and variants of newer ones whose name says so. */
const NONE = /^(?:dumb|vt\d|ansi-m|adm|wyse|wy\d|tvi|hp\d|h19|ibm3\d|sun)|-m(?:ono)?$/;

/** FORCE_COLOR has priority, as in Node; then NO_COLOR (https://no-color.org), then the terminal's variables. */
export function colorDepthOf(
  { FORCE_COLOR: force, NO_COLOR: no, COLORTERM: colorTerm, TERM: term }: NodeJS.ProcessEnv,
  platform: NodeJS.Platform = process.platform,
): ColorDepth {
  if (force !== undefined) return force === '0' || force === 'false' ? 'none' : force === '2' || force === '3' ? '256' : 'basic';
  if ((no ?? '') !== '') return 'none';
  if (colorTerm === 'truecolor' || colorTerm === '24bit') return '256';
  // Windows has no TERM; its console has all colours.
  if ((term ?? '') === '') return platform === 'win32' ? '256' : 'none';
  if (MANY.test(term!)) return '256';
  return NONE.test(term!) && (colorTerm ?? '') === '' ? 'none' : 'basic';
}

// eslint-disable-next-line no-control-regex
const STYLE = /\x1b\[([\d;]*)m/g;
const known = new Map<string, string>();

/** A row in the eight basic colours. */
export function inBasicColors(row: string): string {
  return row.replace(STYLE, (sequence, parameters: string) => {
    let basic = known.get(sequence);
    if (basic === undefined) known.set(sequence, (basic = `\x1b[${basicParameters(parameters.split(';')).join(';')}m`));
    return basic;
  });
}

/** After a 38 or 48 follows one colour: 5 and an index of the palette, or 2 and red, green and blue. */
function basicParameters(all: readonly string[]): string[] {
  const basic: string[] = [];
  for (let i = 0; i < all.length; i++) {
    const [kind, mode] = [all[i]!, all[i + 1]];
    if ((kind !== '38' && kind !== '48') || (mode !== '5' && mode !== '2')) {
      basic.push(kind);
      continue;
    }
    const rgb = mode === '5' ? rgbOf(Number(all[i + 2])) : all.slice(i + 2, i + 5).map(Number);
    basic.push(String((kind === '38' ? 30 : 40) + basicColor(rgb)));
    i += mode === '5' ? 2 : 4;
  }
  return basic;
}

/** Up to this hue, in degrees, the colour maps to this basic one; orange is yellow rather than red. */
const HUES: readonly (readonly [upTo: number, color: number])[] = [[20, 1], [80, 3], [160, 2], [195, 6], [250, 4], [340, 5], [360, 1]];
/** The number of the terminal's default colour. */
const DEFAULT = 9;
/** A colour with less chroma is grey. */
const LEAST_CHROMA = 40;

function basicColor([red = 0, green = 0, blue = 0]: readonly number[]): number {
  const most = Math.max(red, green, blue);
  const chroma = most - Math.min(red, green, blue);
  if (chroma < LEAST_CHROMA) return DEFAULT;
  const sextant = most === red ? ((green - blue) / chroma + 6) % 6 : most === green ? (blue - red) / chroma + 2 : (red - green) / chroma + 4;
  return HUES.find(([upTo]) => sextant * 60 <= upTo)![1];
}

/** The palette of xterm: sixteen user-defined colours, here those of VGA, a cube of 6×6×6, and greys. */
function rgbOf(index: number): readonly number[] {
  if (index >= 232) return [0, 0, 0].map(() => 8 + 10 * (index - 232));
  if (index >= 16) {
    const levels = [Math.floor((index - 16) / 36), Math.floor((index - 16) / 6) % 6, (index - 16) % 6];
    return levels.map((level) => (level === 0 ? 0 : 55 + 40 * level));
  }
  return [1, 2, 4].map((bit) => ((index & bit) === 0 ? 0 : 170));
}
