/**
 * Typed text: what is typed into the REPL, a filter or a breakpoint is text; keys, names and frames are bytes (as a byte string, one character a byte).
 */

/** Its UTF-8. */
export function toBytes(text: string): string {
  return Buffer.from(text).toString('latin1');
}

/** What Backspace leaves: one character less, however many bytes it has. */
export function withoutLastCharacter(text: string): string {
  return Array.from(text).slice(0, -1).join('');
}
