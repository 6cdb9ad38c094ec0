/**
 * TokenMap: a persistent map from tokens to values, for slices: each change returns a new map that shares almost everything with the old one.
 *
 *   token 70  =  … 00010 00110            root[2] ──▶ branch[6] ──▶ [ {70, value}, {1094, value} ]
 *                  root  branch
 *
 * Copying a Map of ten thousand connections would be too slow for each change; here a change copies two arrays of 32 and a bucket of a few entries.
 */

interface Slot<V> {
  readonly token: number;
  readonly value: V;
}

type Bucket<V> = readonly Slot<V>[];
type Branch<V> = readonly (Bucket<V> | undefined)[];

const BITS = 5;
const MASK = (1 << BITS) - 1;

export class TokenMap<V> {
  private constructor(
    private readonly root: readonly (Branch<V> | undefined)[],
    readonly size: number,
  ) {}

  static empty<V>(): TokenMap<V> {
    return new TokenMap<V>([], 0);
  }

  get(token: number): V | undefined {
    const bucket = this.root[(token >> BITS) & MASK]?.[token & MASK];
    if (bucket === undefined) return undefined;
    for (const slot of bucket) if (slot.token === token) return slot.value;
    return undefined;
  }

  /** A map with this entry; the same map if the value is unchanged. */
  with(token: number, value: V): TokenMap<V> {
    if (this.get(token) === value) return this;
    const bucket = this.root[(token >> BITS) & MASK]?.[token & MASK] ?? [];
    const others = bucket.filter((slot) => slot.token !== token);
    return this.replaced(token, [...others, { token, value }], others.length < bucket.length ? this.size : this.size + 1);
  }

  /** A map without this entry; the same map if there is none. */
  without(token: number): TokenMap<V> {
    const bucket = this.root[(token >> BITS) & MASK]?.[token & MASK];
    if (bucket === undefined) return this;
    const others = bucket.filter((slot) => slot.token !== token);
    return others.length === bucket.length ? this : this.replaced(token, others, this.size - 1);
  }

  /** All values, in the order of their tokens. */
  sorted(): V[] {
    const slots: Slot<V>[] = [];
    for (const branch of this.root) for (const bucket of branch ?? []) if (bucket !== undefined) slots.push(...bucket);
    return slots.sort((a, b) => a.token - b.token).map((slot) => slot.value);
  }

  private replaced(token: number, bucket: Bucket<V>, size: number): TokenMap<V> {
    const root = this.root.slice();
    const at = (token >> BITS) & MASK;
    const branch = (root[at] ?? []).slice();
    branch[token & MASK] = bucket;
    root[at] = branch;
    return new TokenMap(root, size);
  }
}
