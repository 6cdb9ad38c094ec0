/**
 * The files that match a pattern of `include`, as in glob(3): `*`, `?` and `[…]` within the parts of a path, none of which matches a
 * dot at the beginning of a name.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { toBytes, toText } from './bytes.js';

const WILDCARD = /[*?[]/;

/** Returns the paths, sorted. A path without wildcards is returned as it is, whether the file exists or not. @param pattern absolute, a byte string */
export function expandGlob(pattern: string): string[] {
  if (!WILDCARD.test(pattern)) return [pattern];
  let found = ['/'];
  for (const part of pattern.split('/').filter((name) => name !== '')) {
    found = found.flatMap((directory) => namesIn(directory, part).map((name) => join(directory, name)));
  }
  return found.sort();
}

function namesIn(directory: string, part: string): string[] {
  if (!WILDCARD.test(part)) return existsSync(toText(join(directory, part))) ? [part] : [];
  const wanted = toRegExp(part);
  return namesOf(directory).filter((name) => wanted.test(name) && (!name.startsWith('.') || part.startsWith('.')));
}

/** Empty for what is no directory, or not readable. */
function namesOf(directory: string): string[] {
  try {
    return readdirSync(toText(directory)).map(toBytes);
  } catch {
    return [];
  }
}

function toRegExp(part: string): RegExp {
  const syntax = /\\(.)|\[([!^]?)(\]?[^\]]*)\]|\*|\?|[^]/g;
  const source = part.replace(syntax, (all, escaped: string | undefined, not: string | undefined, set: string | undefined) => {
    if (escaped !== undefined) return quote(escaped);
    if (set !== undefined) return `[${not === '' ? '' : '^'}${set.replace(/[\\\]^[]/g, '\\$&')}]`;
    return all === '*' ? '.*' : all === '?' ? '.' : quote(all);
  });
  try {
    return new RegExp(`^${source}$`, 's');
  } catch {
    // A range from high to low matches nothing.
    return /(?!)/;
  }
}

const quote = (char: string): string => char.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&');
