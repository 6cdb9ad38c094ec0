/**
 * Escape: which characters of what a client has sent may be printed, and how the others are written instead: \n, \t and the like, or \xHH
 * for each byte, as in redis-cli.
 *
 * A terminal obeys control characters, C1 too, and turns text around at bidi marks. What it draws nothing for (zero width, fillers, tags)
 * would hide differences between names and shift columns, and marks without end pile up over the rows around them.
 */

const NAMED: { readonly [char: string]: string } = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\x07': '\\a', '\b': '\\b' };

/**
 * By Unicode's categories: controls, formats, line and paragraph separators, private, unassigned, half surrogates. Then what is invisible
 * by default, but for the variation selector that makes an emoji of a character; marks that have nothing to stand on; and the fifth mark
 * on one character.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}\p{Cs}]|(?!\ufe0f)\p{Default_Ignorable_Code_Point}|(?<!\p{Emoji})\ufe0f|^\p{M}+|(?<=\p{M}{4})\p{M}/gu;

/** A byte string (latin1, one character a byte): UTF-8 where all of it is valid, its bytes otherwise. */
export function escapeBytes(bytes: string): string {
  if (isPrintableAscii(bytes)) return bytes;
  const buffer = Buffer.from(bytes, 'latin1');
  const text = buffer.toString('utf8');
  return Buffer.from(text).equals(buffer) ? escapeText(text) : escapeEachByte(bytes);
}

/** In quotes, as redis-cli prints a string, but with the text that it holds: `"café \"x\" \x00"`, or `"\xe9"` if not all of it is UTF-8. */
export function quoteBytes(bytes: string): string {
  return `"${escapeBytes(escapeQuotes(bytes))}"`;
}

/** What ends a quoted string, or begins an escape in it. */
export function escapeQuotes(bytes: string): string {
  return bytes.replace(/["\\]/g, '\\$&');
}

/** Bytes that are no text. */
export function escapeEachByte(bytes: string): string {
  return bytes.replace(/[^\x20-\x7e]/g, escapeByte);
}

export function isPrintableAscii(bytes: string): boolean {
  for (let i = 0; i < bytes.length; i++) {
    const code = bytes.charCodeAt(i);
    if (code < 0x20 || code > 0x7e) return false;
  }
  return true;
}

function escapeText(text: string): string {
  return text.replace(UNPRINTABLE, (chars) => Array.from(Buffer.from(chars).toString('latin1'), escapeByte).join(''));
}

const escapeByte = (byte: string): string => NAMED[byte] ?? `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`;
