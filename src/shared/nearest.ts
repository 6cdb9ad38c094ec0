/**
 * Suggestions for a name that was mistyped.
 */

/** Names that differ by more than this share of their letters are not suggested. */
const MOST_WRONG = 0.4;

/** Returns the names that are close enough, the closest first. @param formOf the form in which names are compared */
export function nearest(wanted: string, names: readonly string[], formOf: (name: string) => string = (name) => name): readonly string[] {
  const measured = names.map((name) => {
    const form = formOf(name);
    return { name, distance: editDistance(wanted, form), length: Math.max(wanted.length, form.length) };
  });
  const close = measured.filter(({ distance, length }) => distance <= MOST_WRONG * length);
  return [...new Set(close.toSorted((a, b) => a.distance - b.distance).map(({ name }) => name))];
}

/** The number of letters to insert, delete, replace, or swap with their neighbour (Damerau-Levenshtein distance). */
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
