/**
 * The difference of two texts, line by line.
 */

/** Lines as ` kept`, `-removed`, `+added`; by a longest common subsequence. */
export function difference(before: string, after: string): readonly string[] {
  const [from, to] = [before.split('\n'), after.split('\n')];
  // lengths[i][j]: of the longest common subsequence of from[i…] and to[j…]
  const lengths = Array.from({ length: from.length + 1 }, () => new Uint16Array(to.length + 1));
  for (let i = from.length - 1; i >= 0; i--) {
    for (let j = to.length - 1; j >= 0; j--) {
      lengths[i]![j] = from[i] === to[j] ? lengths[i + 1]![j + 1]! + 1 : Math.max(lengths[i + 1]![j]!, lengths[i]![j + 1]!);
    }
  }
  const lines: string[] = [];
  let [i, j] = [0, 0];
  while (i < from.length || j < to.length) {
    if (i < from.length && j < to.length && from[i] === to[j]) lines.push(` ${from[i++]}`, ...(j++, []));
    else if (j === to.length || (i < from.length && lengths[i + 1]![j]! >= lengths[i]![j + 1]!)) lines.push(`-${from[i++]}`);
    else lines.push(`+${to[j++]}`);
  }
  return lines;
}
