/**
 * Random picks from anything that has its members in dense positions. Reached from SRANDMEMBER, HRANDFIELD and ZRANDMEMBER.
 */

/**
 * `count` different positions out of `size`, each subset equally likely; `count` is at most `size`. Takes time and memory for
 * what it picks, not for what is there (Floyd's algorithm). The order is not random, which Redis does not promise either.
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
