/**
 * ListDirectory: where the chunks of a long list begin, so that an index is found by halving instead of by walking the chain.
 *
 *   chunks   [ head | c1  | c2  | … | tail ]
 *   ends     [ 57   | 185 | 313 | … |      ]   how many elements lie before the end of each, when the directory was made
 *
 * A List makes it when an index far from both ends is asked for, and drops it when a chunk comes or goes or one between the ends changes. What is pushed
 * and popped at the ends leaves it valid: it shifts all indexes by what the head chunk has gained or lost, and the tail is whatever lies behind.
 * So a list of a million elements is walked once and then read anywhere in O(log N), where Redis walks half of its nodes each time.
 */
import type { Chunk } from './list-chunk.js';

export class ListDirectory {
  /** Where {@link chunkOf} found the element within the chunk that it returned. */
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

  /** The chunk of an index that the list has, behind the head chunk. */
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
