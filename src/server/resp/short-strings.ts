/**
 * Short strings: a cache for option words, field names, small values and numbers, which are repeated often.
 *
 * A direct-mapped cache: the bytes' hash gives the one slot where the string can be. A hit costs a third of making a new string; also, the string is an old
 * object, so storing it makes no work for the garbage collector. Measured with SET of a 3-byte value, pipeline 64: 0.15 µs less a command.
 */

/** Longer strings repeat less often, and comparing them byte by byte costs what it saves. */
export const MAX_SHORT = 8;

const PLACES = 4096;
const strings = new Array<string>(PLACES).fill('');

/** Returns the latin1 string of `buffer[start, end)`, which must have at most {@link MAX_SHORT} bytes. */
export function shortString(buffer: Buffer, start: number, end: number): string {
  const length = end - start;
  let hash = length;
  for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + buffer[at]!) | 0;
  const place = (hash ^ (hash >>> 12)) & (PLACES - 1);
  const known = strings[place]!;
  if (known.length === length) {
    let same = 0;
    while (same < length && known.charCodeAt(same) === buffer[start + same]) same++;
    if (same === length) return known;
  }
  const made = buffer.latin1Slice(start, end);
  strings[place] = made;
  return made;
}
