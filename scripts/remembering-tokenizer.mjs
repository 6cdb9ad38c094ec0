// Replaces ansi-tokenize under Ink in the bundle of the screen: the same characters with the same styles, from a cache.
//
// Ink splits every row of every frame into characters with styles, and joins them again. Most rows are those of the previous frame, nearly all characters
// are ASCII, and the screen has a few dozen styles. So rows are cached, characters and styles exist once, and equal styles are one object.
//
//   recent ──full──▶ older ──full──▶ dropped          a requested row moves back to recent
import { ansiCodesToString, diffAnsiCodes, styledCharsFromTokens as fromTokens, tokenize as tokenizeRow } from '@alcalzone/ansi-tokenize';

const ROWS = 800;
let recent = new Map();
let older = new Map();

/** Ink passes the result of the first to the second, and never changes either. */
export function tokenize(row) {
  let known = recent.get(row);
  if (known !== undefined) return known;
  known = older.get(row) ?? { chars: charsOf(row) };
  if (recent.size >= ROWS) {
    older = recent;
    recent = new Map();
  }
  recent.set(row, known);
  return known;
}

export function styledCharsFromTokens({ chars }) {
  return chars;
}

export function styledCharsToString(chars) {
  let text = '';
  let styles = NONE.codes;
  for (const char of chars) {
    if (char.styles !== styles && (char.styles.length > 0 || styles.length > 0)) text += change(styles, char.styles);
    styles = char.styles;
    text += char.value;
  }
  return styles.length === 0 ? text : text + change(styles, NONE.codes);
}

/** The sequences that change one style into another. */
function change(from, to) {
  let known = changes.get(from);
  if (known === undefined) changes.set(from, (known = new Map()));
  let text = known.get(to);
  // Styles of rows with characters that join are not shared: they are computed each time.
  if (text === undefined) {
    text = ansiCodesToString(diffAnsiCodes(from, to));
    if (byCodes.get(keyOf(to))?.codes === to) known.set(to, text);
  }
  return text;
}

const changes = new WeakMap();
const byCodes = new Map();
const keyOf = (codes) => codes.map(({ code }) => code).join('');

/** A style: its codes, the style that follows it after a sequence, and its characters. */
function styleOf(codes) {
  const key = keyOf(codes);
  let style = byCodes.get(key);
  if (style === undefined) byCodes.set(key, (style = { codes, next: new Map(), ascii: [], others: new Map() }));
  return style;
}

const NONE = styleOf([]);

function styleAfter(style, sequence) {
  let next = style.next.get(sequence);
  if (next === undefined) {
    const [char] = fromTokens([...style.codes, ...tokenizeRow(sequence), { type: 'char', value: ' ', fullWidth: false }]);
    style.next.set(sequence, (next = styleOf(char.styles)));
  }
  return next;
}

/** Characters that join with their neighbours, and control characters other than colours: handled by the original. */
const JOINING = /[\p{M}\p{Cf}\p{Emoji_Modifier}\p{Regional_Indicator}\u1100-\u11ff\ua960-\ua97c\ud7b0-\ud7fb]|\x1b(?!\[[\d;]*m)|[\x00-\x1a\x1c-\x1f\x7f-\x9f]/u;
const PARTS = /(\x1b\[[\d;]*m)|([\x20-\x7e]+)|([^\x00-\x7f]+)/g;

function charsOf(row) {
  if (JOINING.test(row)) return fromTokens(tokenizeRow(row));
  const chars = [];
  let style = NONE;
  for (const [, sequence, ascii, others] of row.matchAll(PARTS)) {
    if (sequence !== undefined) style = styleAfter(style, sequence);
    else if (ascii !== undefined) for (let i = 0; i < ascii.length; i++) chars.push(asciiChar(style, ascii.charCodeAt(i)));
    else for (const value of others) chars.push(otherChar(style, value));
  }
  return chars;
}

function asciiChar(style, code) {
  return (style.ascii[code] ??= { type: 'char', value: String.fromCharCode(code), fullWidth: false, styles: style.codes });
}

function otherChar(style, value) {
  let char = style.others.get(value);
  if (char === undefined) {
    if (style.others.size > 2000) style.others.clear();
    const [token] = tokenizeRow(value);
    style.others.set(value, (char = { ...token, styles: style.codes }));
  }
  return char;
}
