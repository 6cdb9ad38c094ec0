/**
 * What somebody may have meant who has mistyped a flag. Loaded only then.
 */
import { settingNames } from '../server/config.js';
import { LAB_FLAGS } from './flags.js';

/** A name that differs by more than this share of its letters was not meant. */
const MOST_WRONG = 0.4;

/** ` (Did you mean --port?)`, or nothing. */
export function suggestion(name: string): string {
  const wanted = name.replace(/^--/, '').toLowerCase();
  const names = [...Object.keys(LAB_FLAGS), 'help', 'version', ...Array.from(settingNames(), ([setting]) => setting)];
  const [best] = names.map((known) => ({ known, distance: editDistance(wanted, known) })).sort((a, b) => a.distance - b.distance);
  if (best === undefined || best.distance > MOST_WRONG * Math.max(wanted.length, best.known.length)) return '';
  return ` (Did you mean --${best.known}?)`;
}

/** Letters to insert, to delete, to replace, or to swap with their neighbour (Damerau and Levenshtein). */
function editDistance(from: string, to: string): number {
  const rows = [Array.from({ length: to.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = rows[i - 1]![j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1);
      row[j] = Math.min(rows[i - 1]![j]! + 1, row[j - 1]! + 1, replaced);
      if (i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]) row[j] = Math.min(row[j]!, rows[i - 2]![j - 2]! + 1);
    }
    rows.push(row);
  }
  return rows[from.length]![to.length]!;
}
