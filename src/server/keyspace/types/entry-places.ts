/** EntryPlaces: where entries of a stream are found, in the order of a range. They are read there before the stream changes. */
import type { StreamEntry, StreamNode } from './stream-node.js';

export class EntryPlaces {
  private readonly nodes: StreamNode[] = [];
  private readonly places: number[] = [];

  get length(): number {
    return this.places.length;
  }

  add(node: StreamNode, at: number): void {
    this.nodes.push(node);
    this.places.push(at);
  }

  nodeAt(index: number): StreamNode {
    return this.nodes[index]!;
  }

  /** Returns the place in its node. */
  placeAt(index: number): number {
    return this.places[index]!;
  }

  entries(): StreamEntry[] {
    return this.nodes.map((node, index) => node.entryAt(this.places[index]!));
  }
}
