/**
 * FrozenDict: the keys and values of a Dict at one instant, while the dict goes on changing: for a snapshot, which must not copy a large value at once.
 *
 *   dict      [ block 0 │ block 1 │ block 2 │ … ]        read as they are, as long as they have not changed since
 *   kept                 [ block 1 ]                     a block is copied just before it changes for the first time
 */
import type { Dict } from './dict.js';
import type { Collection, Frozen } from './value.js';

const BLOCK_BITS = 10;
const BLOCK = 1 << BLOCK_BITS;

interface Block<V> {
  readonly keys: readonly string[];
  readonly values: readonly V[];
}

export class FrozenDict<V> {
  readonly size: number;
  private readonly kept = new Map<number, Block<V>>();

  /** The instant is now. The dict must call {@link keep} from here on. */
  constructor(private readonly dict: Dict<V>) {
    this.size = dict.size;
  }

  /** Called before the key or value in this slot changes. */
  keep(slot: number): void {
    const at = slot >> BLOCK_BITS;
    if (slot >= this.size || this.kept.has(at)) return;
    const start = at * BLOCK;
    const end = Math.min(start + BLOCK, this.size);
    this.kept.set(at, { keys: this.dict.keysBetween(start, end), values: this.dict.valuesBetween(start, end) });
  }

  keyAt(slot: number): string {
    const block = this.kept.get(slot >> BLOCK_BITS);
    return block === undefined ? this.dict.keyAt(slot) : block.keys[slot & (BLOCK - 1)]!;
  }

  valueAt(slot: number): V {
    const block = this.kept.get(slot >> BLOCK_BITS);
    return block === undefined ? this.dict.valueAt(slot) : block.values[slot & (BLOCK - 1)]!;
  }
}

/**
 * Freezes a collection in a dict; one that has none, or whose dict is frozen already, is copied.
 * @param viewOf returns a collection that reads its members from the frozen dict; its size, encoding and memory are added here
 */
export function freezeDict<V>(collection: Collection, dict: Dict<V> | null, viewOf: (frozen: FrozenDict<V>) => Collection): Frozen {
  if (dict === null || dict.frozen !== null) return { value: collection.clone(), thaw() {} };
  const { size, encoding, memoryBytes } = collection;
  const value = viewOf((dict.frozen = new FrozenDict(dict)));
  // In the place of what the class computes of a dict of its own.
  Object.defineProperties(value, { size: { value: size }, encoding: { value: encoding }, memoryBytes: { value: memoryBytes } });
  return { value, thaw: () => void (dict.frozen = null) };
}
