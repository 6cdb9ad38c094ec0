/**
 * The theme: what things look like. Views name a role; only this file knows colours.
 *
 * A style turns text into text with SGR sequences around it, never longer on the screen. With NO_COLOR or in the screen-reader mode all styles are the identity.
 */

export type Style = (text: string) => string;

export interface Theme {
  readonly title: Style;
  readonly focusedTitle: Style;
  readonly dim: Style;
  readonly strong: Style;
  readonly good: Style;
  readonly warn: Style;
  readonly bad: Style;
  /** The line of the loop that runs, the selected row. */
  readonly highlight: Style;
  /** Selected, but the pane has no focus. */
  readonly selected: Style;
  /** Something that has just changed. */
  readonly flash: Style;
  readonly border: Style;
  readonly focusedBorder: Style;
  /** The same for Ink's boxes, in its words; undefined: none. */
  readonly boxColor: string | undefined;
  readonly focusedBoxColor: string | undefined;
  /** Phases of a turn, in bars. */
  readonly phase: { readonly poll: Style; readonly accept: Style; readonly read: Style; readonly decode: Style; readonly execute: Style; readonly write: Style; readonly timers: Style };
  /** The colour of a connection, the same in all panes. Listener and waker are dim. */
  token(token: number): Style;
  /** Characters that bars, sparklines and marks are made of. */
  readonly glyphs: Glyphs;
}

export interface Glyphs {
  readonly bar: string;
  readonly barEmpty: string;
  /** From lowest to highest. */
  readonly spark: string;
  readonly arrow: string;
  readonly ellipsis: string;
  readonly dot: string;
  readonly ghost: string;
  /** top-left top-right bottom-left bottom-right horizontal vertical */
  readonly box: readonly [string, string, string, string, string, string];
}

const UNICODE: Glyphs = { bar: '█', barEmpty: '░', spark: '▁▂▃▄▅▆▇█', arrow: '▶', ellipsis: '…', dot: '·', ghost: '◌', box: ['╭', '╮', '╰', '╯', '─', '│'] };
const ASCII: Glyphs = { bar: '#', barEmpty: '.', spark: '_.-=*#', arrow: '>', ellipsis: '~', dot: '.', ghost: 'o', box: ['+', '+', '+', '+', '-', '|'] };

const sgr =
  (open: string, close: string): Style =>
  (text) =>
    text === '' ? '' : `\x1b[${open}m${text}\x1b[${close}m`;

const color = (index: number): Style => sgr(`38;5;${index}`, '39');
const identity: Style = (text) => text;

/** Colours that differ for most people with colour blindness, and stand on dark and light backgrounds. */
const TOKEN_COLORS = [39, 208, 35, 170, 178, 75, 203, 114, 141, 44].map(color);

export interface ThemeOptions {
  readonly color: boolean;
  readonly ascii: boolean;
}

export function createTheme({ color: isColored, ascii }: ThemeOptions): Theme {
  const glyphs = ascii ? ASCII : UNICODE;
  if (!isColored) {
    const phase = { poll: identity, accept: identity, read: identity, decode: identity, execute: identity, write: identity, timers: identity };
    return {
      title: identity, focusedTitle: identity, dim: identity, strong: identity, good: identity, warn: identity, bad: identity, highlight: identity,
      selected: identity, flash: identity, border: identity, focusedBorder: identity, boxColor: undefined, focusedBoxColor: undefined, phase, token: () => identity, glyphs,
    };
  }
  return {
    title: sgr('1', '22'),
    focusedTitle: sgr('1;36', '22;39'),
    dim: sgr('2', '22'),
    strong: sgr('1', '22'),
    good: color(35),
    warn: color(178),
    bad: color(203),
    highlight: sgr('7', '27'),
    selected: sgr('4', '24'),
    flash: sgr('1;7', '22;27'),
    border: color(240),
    focusedBorder: color(44),
    boxColor: 'ansi256(240)',
    focusedBoxColor: 'ansi256(44)',
    phase: { poll: color(240), accept: color(141), read: color(39), decode: color(44), execute: color(208), write: color(35), timers: color(178) },
    token: (token) => (token < 2 ? sgr('2', '22') : TOKEN_COLORS[token % TOKEN_COLORS.length]!),
    glyphs,
  };
}
