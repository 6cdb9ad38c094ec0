/**
 * Glob patterns as KEYS, SCAN and PSUBSCRIBE take them: `*`, `?`, `[a-z]`, `[^a]`, and `\` to take the next character literally.
 *
 * Bytes are matched, and the rules are those of Redis's stringmatchlen, oddities included: an unclosed class ends with the pattern.
 */

/** Only the last star can be worth retrying, so the cost is at most pattern × text, whatever the pattern. */
export function matchesGlob(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let starPattern = -1;
  let starText = 0;
  while (t < text.length) {
    const char = pattern[p];
    if (char === '*') {
      starPattern = ++p;
      starText = t;
      continue;
    }
    const next = p < pattern.length ? matchOne(pattern, p, text[t]!) : -1;
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
  while (pattern[p] === '*') p++;
  return p >= pattern.length;
}

/** The position behind the pattern element at `p` if it matches `char`, or -1. */
function matchOne(pattern: string, p: number, char: string): number {
  switch (pattern[p]) {
    case '?':
      return p + 1;
    case '[':
      return matchClass(pattern, p + 1, char);
    case '\\':
      if (p + 1 < pattern.length) p++;
  }
  return pattern[p] === char ? p + 1 : -1;
}

function matchClass(pattern: string, p: number, char: string): number {
  const negated = pattern[p] === '^';
  if (negated) p++;
  let matched = false;
  for (; p < pattern.length && pattern[p] !== ']'; p++) {
    if (pattern[p] === '\\' && p + 1 < pattern.length) {
      p++;
      if (pattern[p] === char) matched = true;
    } else if (pattern[p + 1] === '-' && p + 2 < pattern.length) {
      const low = pattern[p]! < pattern[p + 2]! ? pattern[p]! : pattern[p + 2]!;
      const high = pattern[p]! < pattern[p + 2]! ? pattern[p + 2]! : pattern[p]!;
      if (char >= low && char <= high) matched = true;
      p += 2;
    } else if (pattern[p] === char) {
      matched = true;
    }
  }
  return matched !== negated ? Math.min(p + 1, pattern.length) : -1;
}
