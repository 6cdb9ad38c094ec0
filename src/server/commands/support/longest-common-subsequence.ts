/**
 * The longest common subsequence of two byte strings, by the table of the lengths of all pairs of prefixes. Used by LCS.
 *
 *                 b: 0  1 … n
 *   a: 0  [ 0  0  0  0 ]         table[i × (n+1) + j] is the length for the first i bytes of a and the first j of b;
 *      1  [ 0  … ]               the subsequence itself, and the matching ranges, are read on the way back
 *      m  [ 0  …    length ]     from the last corner to the first.
 */

/** A range that both strings share; both ends are inclusive. */
export interface Match {
  readonly startA: number;
  readonly endA: number;
  readonly startB: number;
  readonly endB: number;
}

export interface CommonSubsequence {
  readonly length: number;
  readonly text: string;
  /** The last one first. */
  readonly matches: readonly Match[];
}

/** Returns the size of the table in bytes. */
export function tableBytes(a: string, b: string): number {
  return (a.length + 1) * (b.length + 1) * Uint32Array.BYTES_PER_ELEMENT;
}

/** Throws RangeError if there is no memory for {@link tableBytes}. */
export function longestCommonSubsequence(a: string, b: string): CommonSubsequence {
  const table = fillTable(a, b);
  const width = b.length + 1;
  const bytes: string[] = [];
  const matches: Match[] = [];
  let i = a.length;
  let j = b.length;
  /** Ends of the current matching range, going backwards; -1 outside of one. */
  let endA = -1;
  let endB = -1;
  const close = (): void => {
    if (endA !== -1) matches.push({ startA: i, endA, startB: j, endB });
    endA = -1;
  };
  while (i > 0 && j > 0) {
    if (a.charCodeAt(i - 1) === b.charCodeAt(j - 1)) {
      i--;
      j--;
      bytes.push(a[i]!);
      if (endA === -1) [endA, endB] = [i, j];
    } else {
      close();
      if (table[(i - 1) * width + j]! > table[i * width + j - 1]!) i--;
      else j--;
    }
  }
  close();
  return { length: bytes.length, text: bytes.reverse().join(''), matches };
}

function fillTable(a: string, b: string): Uint32Array {
  const width = b.length + 1;
  const table = new Uint32Array((a.length + 1) * width);
  const bytes = Buffer.from(b, 'latin1');
  for (let i = 1; i <= a.length; i++) fillRow(table, i * width, a.charCodeAt(i - 1), bytes);
  return table;
}

/** Its neighbours to the left and above are kept in variables, so that a cell costs one read and one write. */
function fillRow(table: Uint32Array, row: number, byte: number, bytes: Uint8Array): void {
  const before = row - bytes.length - 1;
  let left = 0;
  let diagonal = 0;
  for (let j = 1; j <= bytes.length; j++) {
    const above = table[before + j]!;
    left = byte === bytes[j - 1] ? diagonal + 1 : above > left ? above : left;
    table[row + j] = left;
    diagonal = above;
  }
}
