/**
 * What DEBUG HTSTATS says of a hash table, in Redis's words. Tables here have no chains: all keys whose search begins at the same position stand for one.
 */

/** @param chains how many positions have no key, one key, two, … */
export function tableStats(chains: readonly number[]): string {
  const positions = chains.reduce((sum, count) => sum + count, 0);
  const keys = chains.reduce((sum, count, length) => sum + count * length, 0);
  if (keys === 0) return 'Hash table 0 stats (main hash table):\nNo stats available for empty dictionaries\n';
  const used = positions - chains[0]!;
  const average = (keys / used).toFixed(2);
  const lines = [
    'Hash table 0 stats (main hash table):',
    ` table size: ${positions}`,
    ` number of elements: ${keys}`,
    ` different slots: ${used}`,
    ` max chain length: ${chains.length - 1}`,
    ` avg chain length (counted): ${average}`,
    ` avg chain length (computed): ${average}`,
    ' Chain length distribution:',
    ...chains.flatMap((count, length) => (count === 0 ? [] : [`   ${length}: ${count} (${((100 * count) / positions).toFixed(2)}%)`])),
  ];
  return `${lines.join('\n')}\n`;
}
