/**
 * Glob patterns as KEYS, SCAN and PSUBSCRIBE take them: `*`, `?`, `[a-z]`, `[^a]`, and `\` to take the next character literally.
 *
 * Bytes are matched, and the rules are those of Redis's stringmatchlen, oddities included: an unclosed class ends with the pattern, a
 * range may be written backwards and compares bytes as signed, and the empty text matches the empty pattern only, not even `*`.
 */

/** Maximum number of stars: Redis treats a pattern with more as an attack, which matches nothing (stringmatchlen). One at the end does not count. */
const MOST_STARS = 1000;

/** Matches a text. Only the last star can be worth retrying, so the cost is at most pattern × text for every pattern. */
export function matchesGlob(pattern: string, text: string): boolean {
  if (text.length === 0) return pattern.length === 0;
  let p = 0;
  let t = 0;
  let starPattern = -1;
  let starText = 0;
  let stars = 0;
  while (t < text.length) {
    if (pattern.charCodeAt(p) === STAR) {
      do p++;
      while (pattern.charCodeAt(p) === STAR);
      if (p === pattern.length) return true;
      if (++stars > MOST_STARS) return false;
      starPattern = p;
      starText = t;
      continue;
    }
    const next = p < pattern.length ? matchOne(pattern, p, text.charCodeAt(t)) : -1;
    if (next !== -1) {
      p = next;
      t++;
    } else if (starPattern !== -1) {
      p = starPattern;
      t = ++starText;
    } else {
      return false;
    }
  }
  while (pattern.charCodeAt(p) === STAR) p++;
  return p >= pattern.length;
}

const STAR = 42;
const DASH = 45;
const QUESTION = 63;
const OPEN = 91;
const BACKSLASH = 92;
const CLOSE = 93;
const CARET = 94;

/** Returns the position after the pattern element at `p` if it matches the byte, or -1. */
function matchOne(pattern: string, p: number, byte: number): number {
  const code = pattern.charCodeAt(p);
  if (code === QUESTION) return p + 1;
  if (code === OPEN) return matchClass(pattern, p + 1, byte);
  if (code === BACKSLASH && p + 1 < pattern.length) p++;
  return pattern.charCodeAt(p) === byte ? p + 1 : -1;
}

function matchClass(pattern: string, p: number, byte: number): number {
  const { length } = pattern;
  const negated = pattern.charCodeAt(p) === CARET;
  if (negated) p++;
  let matched = false;
  for (; p < length && pattern.charCodeAt(p) !== CLOSE; p++) {
    if (pattern.charCodeAt(p) === BACKSLASH && p + 1 < length) {
      p++;
      if (pattern.charCodeAt(p) === byte) matched = true;
    } else if (pattern.charCodeAt(p + 1) === DASH && p + 2 < length) {
      if (isBetween(byte, pattern.charCodeAt(p), pattern.charCodeAt(p + 2))) matched = true;
      p += 2;
    } else if (pattern.charCodeAt(p) === byte) {
      matched = true;
    }
  }
  return matched !== negated ? Math.min(p + 1, length) : -1;
}

/** C's char is signed on the machines that usually run Redis, so bytes from 128 come before all others. */
function isBetween(byte: number, start: number, end: number): boolean {
  const value = signed(byte);
  const from = signed(start);
  const to = signed(end);
  return from <= to ? value >= from && value <= to : value >= to && value <= from;
}

function signed(byte: number): number {
  return (byte << 24) >> 24;
}
