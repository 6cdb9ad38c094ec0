/**
 * Digest strings: a cache for the SHA1s of EVALSHA, which clients repeat. Used by the request decoder.
 *
 * Direct-mapped, as short-strings.ts: the first two digits give the one place where the string can be. A hit costs a third of making a new string, and the hash
 * of an old one, with which the script is found, is known.
 */

/** Length of a SHA1 in hexadecimal digits. */
export const DIGEST = 40;

const PLACES = 256;
const strings = new Array<string>(PLACES).fill('');
const known = new Uint8Array(PLACES * DIGEST);

/** Returns the latin1 string of the {@link DIGEST} bytes from `start` on. */
export function digestString(buffer: Buffer, start: number): string {
  const place = ((buffer[start]! << 4) ^ buffer[start + 1]!) & (PLACES - 1);
  const first = place * DIGEST;
  let difference = 0;
  for (let at = 0; at < DIGEST && difference === 0; at += 4) {
    difference =
      (buffer[start + at]! ^ known[first + at]!) | (buffer[start + at + 1]! ^ known[first + at + 1]!) |
      (buffer[start + at + 2]! ^ known[first + at + 2]!) | (buffer[start + at + 3]! ^ known[first + at + 3]!);
  }
  if (difference === 0 && strings[place]!.length === DIGEST) return strings[place]!;
  known.set(buffer.subarray(start, start + DIGEST), first);
  return (strings[place] = buffer.latin1Slice(start, start + DIGEST));
}
