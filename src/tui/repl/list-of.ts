/**
 * A few of many, in a sentence: `PING, SET a 1 and 3 more`. Used where the console says which requests came to nothing.
 */

const MAX_NAMED = 3;
const MAX_CHARACTERS = 40;

/** @param texts safe to print; long ones are cut */
export function listOf(texts: readonly string[]): string {
  const named = texts.slice(0, MAX_NAMED).map((text) => (text.length > MAX_CHARACTERS ? `${Array.from(text).slice(0, MAX_CHARACTERS - 1).join('')}…` : text));
  const more = texts.length - named.length;
  return `${named.join(', ')}${more === 0 ? '' : ` and ${more} more`}`;
}
