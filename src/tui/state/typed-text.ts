/**
 * Typed text: what is typed into the REPL, a filter or a breakpoint is text; keys, names and frames are bytes (as a byte string, one character a byte).
 *
 * A byte that is not UTF-8, typed on a terminal of another encoding or piped in, must arrive as it is. In text it stands as half a
 * surrogate pair, U+DC80 for 0x80 to U+DCFF for 0xff, as in Python's surrogateescape: no text has these by itself, so that the way back
 * is certain.
 */

const FIRST_RAW = 0xdc80;
// Halves only: a whole pair is one character here.
const RAW = /[\udc80-\udcff]/u;
const RAW_RUNS = /([\udc80-\udcff]+)/u;

/** Its UTF-8, and the raw bytes in it. */
export function toBytes(text: string): string {
  if (!RAW.test(text)) return utf8Of(text);
  return text.split(RAW_RUNS).map((part, i) => (i % 2 === 0 ? utf8Of(part) : Array.from(part, rawByte).join(''))).join('');
}

const utf8Of = (text: string): string => Buffer.from(text).toString('latin1');

const rawByte = (half: string): string => String.fromCharCode(half.charCodeAt(0) - FIRST_RAW + 0x80);

/** The text of bytes, without loss: {@link toBytes} of it is the bytes again. */
export function fromBytes(bytes: string): string {
  const text = Buffer.from(bytes, 'latin1').toString('utf8');
  // Either it marks what could not be read, or it has been sent: the slow way tells.
  if (!text.includes('\ufffd')) return text;
  return bytes.replace(CHARACTERS_OR_BYTE, (part, characters?: string) =>
    characters === undefined ? rawHalf(part) : Buffer.from(part, 'latin1').toString('utf8'),
  );
}

/** A character, by the table of well-formed UTF-8 in the Unicode standard (3-7). */
const CHARACTER = [
  '[\\x00-\\x7f]', '[\\xc2-\\xdf][\\x80-\\xbf]', '\\xe0[\\xa0-\\xbf][\\x80-\\xbf]', '[\\xe1-\\xec\\xee\\xef][\\x80-\\xbf]{2}',
  '\\xed[\\x80-\\x9f][\\x80-\\xbf]', '\\xf0[\\x90-\\xbf][\\x80-\\xbf]{2}', '[\\xf1-\\xf3][\\x80-\\xbf]{3}', '\\xf4[\\x80-\\x8f][\\x80-\\xbf]{2}',
].join('|');

/** Whole characters, a thousand at most because of V8's stack; or a byte that belongs to none. */
const CHARACTERS_OR_BYTE = new RegExp(`((?:${CHARACTER}){1,1000})|[\\x80-\\xff]`, 'g');

const rawHalf = (byte: string): string => String.fromCharCode(byte.charCodeAt(0) - 0x80 + FIRST_RAW);

/** Shows a text, and the raw bytes in it each for themselves, so that a part of it looks as it does within the whole. */
export function showTyped(text: string, show: (bytes: string) => string): string {
  return RAW.test(text) ? text.split(RAW_RUNS).map((part) => show(toBytes(part))).join('') : show(toBytes(text));
}

/** How many bytes at the end begin a character of UTF-8 that they do not finish. */
export function unfinishedCharacter(bytes: string): number {
  for (let length = 1; length <= Math.min(3, bytes.length); length++) {
    const code = bytes.charCodeAt(bytes.length - length);
    if (code < 0x80) return 0;
    if (code >= 0xc0) return length < (code >= 0xf0 ? 4 : code >= 0xe0 ? 3 : 2) ? length : 0;
  }
  return 0;
}

/** Where the characters at the end that pass begin. Each is looked at once: an expression such as /\S*$/ would begin anew at each character of the line. */
export function startOfRun(text: string, end: number, passes: (char: string) => boolean): number {
  let start = end;
  while (start > 0) {
    const length = /^[\ud800-\udbff][\udc00-\udfff]$/.test(text.slice(Math.max(0, start - 2), start)) ? 2 : 1;
    if (!passes(text.slice(start - length, start))) break;
    start -= length;
  }
  return start;
}
