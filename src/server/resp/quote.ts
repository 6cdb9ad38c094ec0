/**
 * Quoting: bytes as a text of printable ASCII, as redis-cli, MONITOR and the log of redis-server write them.
 */

const ESCAPES: { readonly [char: string]: string } = { '\\': '\\\\', '"': '\\"', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\x07': '\\a', '\b': '\\b' };

/** Returns bytes in quotes, with everything but printable ASCII escaped (Redis's sdscatrepr). */
export function quote(bytes: string): string {
  return `"${bytes.replace(/[\\"]|[^ -~]/g, (char) => ESCAPES[char] ?? `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`)}"`;
}
