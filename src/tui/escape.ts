/**
 * Escape: decides which characters of clients' data may be printed, and how the others are written: \n, \t and the like, or \xHH for each byte, as in
 * redis-cli.
 *
 * A terminal obeys control characters, including C1, and reorders text at bidi marks. Invisible characters (zero width, fillers, tags) would hide differences
 * between names and shift columns, and endless marks pile up over the neighbouring rows.
 */

const NAMED: { readonly [char: string]: string } = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\x07': '\\a', '\b': '\\b' };

/**
 * By Unicode's categories: controls, formats, line and paragraph separators, private, unassigned, half surrogates. Then default-ignorable characters, except
 * the variation selector that makes an emoji of a character; marks without a base character; and the fifth mark on one character.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}\p{Cs}]|(?!\ufe0f)\p{Default_Ignorable_Code_Point}|(?<!\p{Emoji})\ufe0f|^\p{M}+|(?<=\p{M}{4})\p{M}/gu;

/** Escapes a byte string (latin1, one character a byte): as UTF-8 if all of it is valid, otherwise byte by byte. */
export function escapeBytes(bytes: string): string {
  if (isPrintableAscii(bytes)) return bytes;
  const buffer = Buffer.from(bytes, 'latin1');
  const text = buffer.toString('utf8');
  return Buffer.from(text).equals(buffer) ? escapeText(text) : escapeEachByte(bytes);
}

/** In quotes, as redis-cli prints a string, but with its text: `"café \"x\" \x00"`, or `"\xe9"` if not all of it is UTF-8. */
export function quoteBytes(bytes: string): string {
  return `"${escapeBytes(escapeQuotes(bytes))}"`;
}

/** Escapes the characters that end a quoted string or begin an escape. */
export function escapeQuotes(bytes: string): string {
  return bytes.replace(/["\\]/g, '\\$&');
}

/** For bytes that are not text. */
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
