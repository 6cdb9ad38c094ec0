/**
 * The request encoder: encodes an argv as a client sends it. The reverse is request-decoder.ts.
 *
 * Reached from the lab's own clients (REPL, tests); the server itself sends no requests.
 */

/** Encodes a command as RESP, an array of bulk strings. Byte string in, byte string out: write it to the socket as latin1. */
export function encodeRequest(argv: readonly string[]): string {
  let bytes = `*${argv.length}\r\n`;
  for (const word of argv) bytes += `$${word.length}\r\n${word}\r\n`;
  return bytes;
}

/** Formats a word for redis-cli and inline requests: bare if it is plain, else in double quotes. */
export function quoteWord(word: string): string {
  if (/^[!#-&(-[\]-~]+$/.test(word)) return word;
  return `"${word.replace(/[^ !#-[\]-~]/g, escapeByte)}"`;
}

const ESCAPES: { readonly [char: string]: string } = { '"': '\\"', '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\b': '\\b', '\x07': '\\a' };

function escapeByte(char: string): string {
  return ESCAPES[char] ?? `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
}
