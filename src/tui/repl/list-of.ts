/**
 * A shortened list in a sentence: `PING, SET a 1 and 3 more`. Used for requests that were lost.
 */

const MAX_NAMED = 3;
const MAX_CHARACTERS = 40;

/** @param texts safe to print; long ones are cut @param more formats the number of the others */
export function listOf(texts: readonly string[], more: (named: string, others: number) => string): string {
  const named = texts.slice(0, MAX_NAMED).map((text) => (text.length > MAX_CHARACTERS ? `${Array.from(text).slice(0, MAX_CHARACTERS - 1).join('')}…` : text));
  const others = texts.length - named.length;
  return others === 0 ? named.join(', ') : more(named.join(', '), others);
}
