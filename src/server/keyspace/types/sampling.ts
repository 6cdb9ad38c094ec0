/**
 * Random picks from collections with members at dense positions. Used by SRANDMEMBER, HRANDFIELD and ZRANDMEMBER.
 */

/**
 * Returns `count` different positions out of `size`, each subset equally likely; `count` is at most `size`. Time and memory depend on `count`, not on `size`
 * (Floyd's algorithm). The order is not random; Redis does not promise that either.
 *
 * @param random evenly distributed in [0, 1)
 */
export function sampleDistinct(size: number, count: number, random: () => number): number[] {
  const picked = new Set<number>();
  for (let last = size - count; last < size; last++) {
    const position = Math.floor(random() * (last + 1));
    picked.add(picked.has(position) ? last : position);
  }
  return [...picked];
}
