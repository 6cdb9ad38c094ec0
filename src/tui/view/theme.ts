/**
 * The theme: styles and characters. Views name a role; only this file knows colours and the glyphs besides letters.
 *
 * A style adds SGR sequences around a text and does not change its width.
 *
 *   palette      colour     monochrome (NO_COLOR)         plain
 *   highlight    inverse    inverse                       text
 *   quiet        grey       dim                           text
 *   a client     a colour   text                          text
 *
 * hues.ts has the meanings of the colours. The focus has no colour: its title is inverse and its border as bright as text.
 *
 * The text of a view passes through `inCharset` at the end of its row; with `ascii`, … becomes ~ and µ becomes u there. Clients' data must not be replaced by
 * similar characters, so they pass through `visible` long before, which escapes them instead.
 */
import { SLOW_US, VERY_SLOW_US } from '../state/slow.js';
import { HUES, type Background, type Hues } from './hues.js';
import type { Spelling } from '../state/state.js';
import { visible, visibleInAscii, width } from './text.js';

export type Style = (text: string) => string;

export interface Theme {
  readonly title: Style;
  readonly focusedTitle: Style;
  readonly dim: Style;
  readonly strong: Style;
  readonly good: Style;
  readonly warn: Style;
  readonly bad: Style;
  /** The running line of the loop, the selected row. */
  readonly highlight: Style;
  /** Selected, in a pane without the focus. */
  readonly selected: Style;
  /** Something that has just changed. */
  readonly flash: Style;
  readonly border: Style;
  readonly focusedBorder: Style;
  /** The same in Ink's words, for its boxes; undefined: none. */
  readonly boxColor: string | undefined;
  readonly focusedBoxColor: string | undefined;
  /** Phases of a turn. */
  readonly phase: {
    readonly poll: Style;
    readonly accept: Style;
    readonly read: Style;
    readonly decode: Style;
    readonly execute: Style;
    readonly write: Style;
    readonly timers: Style;
  };
  /** The same as a part of a bar, with a name on it. */
  readonly block: Style;
  /** The colour of a connection, the same in all panes. Listener and waker are dim. */
  token(token: number): Style;
  /** Characters of bars, sparklines and marks. */
  readonly glyphs: Glyphs;
  /** Untrusted bytes as text that this terminal can show, in the chosen form; see text.ts. */
  readonly visible: (bytes: string, limit?: number) => string;
  /** The same for typed text: always as readable as the terminal allows. */
  readonly typed: (bytes: string, limit?: number) => string;
  /** A finished row, or any other text, in the characters of this terminal. The width stays. */
  readonly inCharset: Style;
}

export interface Glyphs {
  readonly bar: string;
  readonly barEmpty: string;
  /** Between two parts of a bar. */
  readonly edge: string;
  /** From lowest to highest. */
  readonly spark: string;
  readonly arrow: string;
  readonly dot: string;
  readonly ghost: string;
  /** Names of keys. */
  readonly keys: { readonly left: string; readonly right: string; readonly up: string; readonly down: string };
  /** top-left top-right bottom-left bottom-right horizontal vertical */
  readonly box: readonly [string, string, string, string, string, string];
}

const UNICODE: Glyphs = {
  bar: '━', barEmpty: '─', edge: '│', spark: '▁▂▃▄▅▆▇█', arrow: '▶', dot: '·', ghost: '◌',
  keys: { left: '←', right: '→', up: '↑', down: '↓' }, box: ['╭', '╮', '╰', '╯', '─', '│'],
};

/** The non-ASCII characters that the lab writes, and their replacements, one column each. */
const STAND_INS: { readonly [char: string]: string } = {
  '█': '#', '▁': '_', '▂': '.', '▃': ':', '▄': '-', '▅': '=', '▆': '+', '▇': '*', '▶': '>', '◌': 'o',
  '╭': '+', '╮': '+', '╰': '+', '╯': '+', '─': '-', '│': '|', '━': '=',
  '·': '.', '…': '~', µ: 'u', '×': 'x', '–': '-', '←': '<', '→': '>', '↑': '^', '↓': 'v',
};
const STOOD_FOR = new RegExp(`[${Object.keys(STAND_INS).join('')}]`, 'gu');

/** Characters without a replacement become question marks, one per column. */
function inAscii(text: string): string {
  return text.replace(STOOD_FOR, (char) => STAND_INS[char]!).replace(/[^\x00-\x7f]+/gu, (foreign) => '?'.repeat(width(foreign)));
}

/** Keys are spelled out, which takes more columns; layouts measure them. */
const ASCII: Glyphs = {
  bar: inAscii(UNICODE.bar), barEmpty: inAscii(UNICODE.barEmpty), edge: inAscii(UNICODE.edge), spark: inAscii(UNICODE.spark),
  arrow: inAscii(UNICODE.arrow), dot: inAscii(UNICODE.dot), ghost: inAscii(UNICODE.ghost),
  keys: { left: 'Left', right: 'Right', up: 'Up', down: 'Down' }, box: UNICODE.box.map(inAscii) as unknown as Glyphs['box'],
};

const sgr =
  (open: string, close: string): Style =>
  (text) =>
    text === '' ? '' : `\x1b[${open}m${text}\x1b[${close}m`;

const color = (index: number): Style => sgr(`38;5;${index}`, '39');
const identity: Style = (text) => text;

/**
 * `monochrome`: no colours, but bold, dim, inverse and underlined text, in the sense of https://no-color.org. `plain`: only text, for pictures in documents and
 * for lines.
 */
export type Palette = 'color' | 'monochrome' | 'plain';

export interface ThemeOptions {
  readonly palette: Palette;
  readonly ascii: boolean;
  /** Left out: colours that are readable on both. */
  readonly background?: Background;
  /** For a projector: no grey. */
  readonly isPresenting?: boolean;
}

export function createTheme({ palette, ascii, background = 'unknown', isPresenting = false }: ThemeOptions): Theme {
  const own = palette === 'color' ? colored(HUES[background]) : palette === 'monochrome' ? MONOCHROME : PLAIN;
  const styles = isPresenting ? withoutGrey(own) : own;
  const shown = ascii ? visibleInAscii : visible;
  return { ...styles, glyphs: ascii ? ASCII : UNICODE, visible: shown, typed: shown, inCharset: ascii ? inAscii : identity };
}

/** The style of a duration: slow ones are highlighted. */
export function durationStyle(us: number, { dim, warn, strong }: Pick<Theme, 'dim' | 'warn' | 'strong'>): Style {
  if (us < SLOW_US) return dim;
  return us < VERY_SLOW_US ? warn : (text) => strong(warn(text));
}

/** The theme for a spelling of bytes: `escaped` shows \xHH for everything except ASCII, as redis-cli does. */
export function spelledIn(theme: Theme, spelling: Spelling): Theme {
  return spelling === 'escaped' ? { ...theme, visible: visibleInAscii } : theme;
}

type Styles = Omit<Theme, 'glyphs' | 'visible' | 'typed' | 'inCharset'>;

const bold = sgr('1', '22');
const faint = sgr('2', '22');
const inverse = sgr('7', '27');
const underlined = sgr('4', '24');

function colored({ bad, warn, good, identities, work, quiet, border }: Hues): Styles {
  const [one, other] = [color(work[0]), color(work[1])];
  const grey = color(quiet);
  const tokens = identities.map(color);
  return {
    title: bold, focusedTitle: sgr('1;7', '22;27'), dim: grey, strong: bold, good: color(good), warn: color(warn), bad: color(bad),
    highlight: inverse, selected: underlined,
    flash: bold, border: color(border), focusedBorder: bold, boxColor: `ansi256(${border})`, focusedBoxColor: undefined, block: inverse,
    phase: { poll: grey, accept: one, read: other, decode: one, execute: other, write: one, timers: other },
    token: (token) => (token < 2 ? grey : tokens[token % tokens.length]!),
  };
}

/** Quiet text becomes as bright as other text: a projector shows no grey. */
function withoutGrey(styles: Styles): Styles {
  return {
    ...styles, dim: identity, border: identity, boxColor: undefined, phase: { ...styles.phase, poll: identity },
    token: (token) => (token < 2 ? identity : styles.token(token)),
  };
}

const PLAIN: Styles = {
  title: identity, focusedTitle: identity, dim: identity, strong: identity, good: identity, warn: identity, bad: identity,
  highlight: identity, selected: identity, flash: identity,
  border: identity, focusedBorder: identity, boxColor: undefined, focusedBoxColor: undefined, block: identity,
  phase: { poll: identity, accept: identity, read: identity, decode: identity, execute: identity, write: identity, timers: identity },
  token: () => identity,
};

const MONOCHROME: Styles = {
  ...PLAIN, title: bold, focusedTitle: sgr('1;7', '22;27'), dim: faint, strong: bold, warn: bold, bad: bold, highlight: inverse,
  selected: underlined, flash: sgr('1;7', '22;27'), block: inverse,
  token: (token) => (token < 2 ? faint : identity),
};
