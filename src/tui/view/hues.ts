/**
 * Hues: the meanings of the colours, on a dark, a light, and an unknown background.
 *
 * Three families that share no hue, so that a colour has the same meaning everywhere:
 *
 *   state      red, amber, green          an error, something to look at, all well
 *   identity   blue to pink               a connection, the same in all panes
 *   work       two shades of teal         the phases of a turn, alternating, so that neighbours differ; their names tell which is which
 *
 * The numbers are those of xterm's 256 colours. test/tui/view/theme.test.ts measures that the families are distinct and that each hue is readable on its
 * background.
 */

export type Background = 'dark' | 'light' | 'unknown';

export interface Hues {
  readonly bad: number;
  readonly warn: number;
  readonly good: number;
  readonly identities: readonly number[];
  /** Alternating for the phases in order. */
  readonly work: readonly [number, number];
  /** Secondary text. A grey that is visible with a projector, unlike what terminals call dim. */
  readonly quiet: number;
  readonly border: number;
}

export const HUES: { readonly [background in Background]: Hues } = {
  dark: { bad: 203, warn: 214, good: 71, identities: [39, 177, 111, 207, 105, 218, 75, 141], work: [37, 80], quiet: 248, border: 242 },
  light: { bad: 160, warn: 130, good: 28, identities: [25, 127, 62, 163, 93, 24, 97, 90], work: [23, 29], quiet: 240, border: 245 },
  unknown: { bad: 167, warn: 136, good: 28, identities: [32, 171, 68, 169, 99, 133, 67, 128], work: [30, 66], quiet: 243, border: 244 },
};

/**
 * The background of a terminal, from a variable of rxvt, Konsole and others: `15;0` or `0;default;15`, foreground first.
 *
 * @param colors the value of COLORFGBG
 */
export function backgroundOf(colors: string | undefined): Background {
  const last = colors?.split(';').at(-1) ?? '';
  if (!/^(?:\d|1[0-5])$/.test(last)) return 'unknown';
  return last === '7' || Number(last) > 8 ? 'light' : 'dark';
}
