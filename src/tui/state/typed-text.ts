/**
 * Typed text: input into the REPL, a filter or a breakpoint is text; keys, names and frames are bytes (as a byte string, one character a byte).
 *
 * A byte that is not UTF-8, typed on a terminal of another encoding or piped in, must arrive unchanged. In text it is half a surrogate pair, U+DC80 for 0x80 to
 * U+DCFF for 0xff, as in Python's surrogateescape: text never contains these otherwise, so the conversion is reversible.
 */

const FIRST_RAW = 0xdc80;
// Halves only: a whole pair is one character here.
const RAW = /[\udc80-\udcff]/u;
const RAW_RUNS = /([\udc80-\udcff]+)/u;

/** The UTF-8 of a text, with its raw bytes. */
export function toBytes(text: string): string {
  if (!RAW.test(text)) return utf8Of(text);
  return text.split(RAW_RUNS).map((part, i) => (i % 2 === 0 ? utf8Of(part) : Array.from(part, rawByte).join(''))).join('');
}

const utf8Of = (text: string): string => Buffer.from(text).toString('latin1');

const rawByte = (half: string): string => String.fromCharCode(half.charCodeAt(0) - FIRST_RAW + 0x80);

/** The text of bytes, without loss: {@link toBytes} is the inverse. */
export function fromBytes(bytes: string): string {
  const text = Buffer.from(bytes, 'latin1').toString('utf8');
  // U+FFFD means undecodable bytes, or was itself sent: the slow conversion tells.
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

/** Complete characters, a thousand at most because of V8's stack; or a byte that belongs to none. */
const CHARACTERS_OR_BYTE = new RegExp(`((?:${CHARACTER}){1,1000})|[\\x80-\\xff]`, 'g');

const rawHalf = (byte: string): string => String.fromCharCode(byte.charCodeAt(0) - 0x80 + FIRST_RAW);

/** Shows a text, with each raw byte individually, so that a part of it looks as it does within the whole. */
export function showTyped(text: string, show: (bytes: string) => string): string {
  return RAW.test(text) ? text.split(RAW_RUNS).map((part) => show(toBytes(part))).join('') : show(toBytes(text));
}

/** Number of bytes at the end that begin an incomplete UTF-8 character. */
export function unfinishedCharacter(bytes: string): number {
  for (let length = 1; length <= Math.min(3, bytes.length); length++) {
    const code = bytes.charCodeAt(bytes.length - length);
    if (code < 0x80) return 0;
    if (code >= 0xc0) return length < (code >= 0xf0 ? 4 : code >= 0xe0 ? 3 : 2) ? length : 0;
  }
  return 0;
}

/** Start of the run of matching characters at the end. Each is checked once: an expression such as /\S*$/ would restart at each character of the line. */
export function startOfRun(text: string, end: number, passes: (char: string) => boolean): number {
  let start = end;
  while (start > 0) {
    const length = /^[\ud800-\udbff][\udc00-\udfff]$/.test(text.slice(Math.max(0, start - 2), start)) ? 2 : 1;
    if (!passes(text.slice(start - length, start))) break;
    start -= length;
  }
  return start;
}
