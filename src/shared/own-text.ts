/**
 * Returns the same text with memory of its own: one that is a part of a longer text keeps all of that in memory, and one that was put together keeps its parts
 * (V8's sliced strings and cons strings, of 13 characters or more). For texts that are stored.
 */
export function ownText(text: string): string {
  return text.length < 13 ? text : Buffer.from(text, 'latin1').latin1Slice();
}
