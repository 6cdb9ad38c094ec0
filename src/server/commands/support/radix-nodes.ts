/**
 * Counts the nodes of the radix tree in which Redis stores the nodes of a stream, for XINFO STREAM. There is no such tree here; but its shape follows from its
 * keys, which are the IDs as 16 bytes:
 *
 *   0000…01 0000…05       (0000…01 0000…0) ─▶ [5|9] ─▶ ()        bytes without a branch are one node,
 *   0000…01 0000…09                               └─▶ ()         each branch is one, and each end is one
 */
import type { IdIndex } from '../../keyspace/types/id-index.js';
import type { StreamId } from '../../keyspace/types/stream-id.js';

const KEY_BYTES = 16;

/** O(N) for N keys. */
export function radixNodes(keys: IdIndex<StreamId>): number {
  if (keys.size === 0) return 1;
  // The depths at which the path of the last key branches, the root at -1 first: between them unbranched bytes, after them the end.
  const branches: number[] = [];
  let nodes = 0;
  let previous: Buffer | null = null;
  for (const key of keys) {
    const bytes = keyBytes(key);
    if (previous !== null) nodes += leave(branches, commonBytes(previous, bytes));
    previous = bytes;
  }
  return nodes + leave(branches, -1);
}

/** Counts the nodes below depth `shared` on the path being left, which branches at `shared` now. */
function leave(branches: number[], shared: number): number {
  let nodes = 1;
  let bottom = KEY_BYTES;
  while (branches.length > 0 && branches.at(-1)! > shared) {
    const branch = branches.pop()!;
    nodes += bottom - branch > 1 ? 2 : 1;
    bottom = branch;
  }
  const isOpen = branches.at(-1) === shared;
  if (bottom - shared > 1) nodes++;
  if (!isOpen && shared >= 0) branches.push(shared);
  return nodes;
}

function keyBytes({ ms, seq }: StreamId): Buffer {
  const bytes = Buffer.allocUnsafe(KEY_BYTES);
  bytes.writeBigUInt64BE(BigInt(ms), 0);
  bytes.writeBigUInt64BE(BigInt(seq), 8);
  return bytes;
}

function commonBytes(a: Buffer, b: Buffer): number {
  let at = 0;
  while (a[at] === b[at]) at++;
  return at;
}
