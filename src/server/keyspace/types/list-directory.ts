/**
 * ListDirectory: where the chunks of a long list begin, so that an index is found by binary search instead of by walking the chain.
 *
 *   chunks   [ head | c1  | c2  | … | tail ]
 *   ends     [ 57   | 185 | 313 | … |      ]   how many elements were before the end of each when the directory was made
 *
 * A List makes it when an index far from both ends is requested, and drops it when a chunk is added or removed or one between the ends changes. Pushing and
 * popping at the ends keeps it valid: all indexes shift by the change of the head chunk's length, and the tail is everything after the others. So a list of a
 * million elements is walked once and then read anywhere in O(log N), where Redis walks up to half of its nodes each time.
 */
import type { Chunk } from './list-chunk.js';

export class ListDirectory {
  /** The place of the element that {@link chunkOf} found, within the chunk that it returned. */
  at = 0;
  private readonly chunks: Chunk[] = [];
  private readonly ends: number[] = [];

  constructor(private readonly head: Chunk) {
    let end = 0;
    for (let chunk: Chunk | null = head; chunk !== null; chunk = chunk.next) {
      end += chunk.length;
      this.chunks.push(chunk);
      this.ends.push(end);
    }
  }

  /** Returns the chunk of an existing index, after the head chunk. */
  chunkOf(index: number): Chunk {
    const { chunks, ends, head } = this;
    const then = index + ends[0]! - head.length;
    let low = 1;
    let high = chunks.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (ends[middle]! <= then) low = middle + 1;
      else high = middle;
    }
    const chunk = chunks[low]!;
    this.at = chunk.start + then - ends[low - 1]!;
    return chunk;
  }
}
