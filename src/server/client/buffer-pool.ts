/**
 * A pool of memory for buffers of 16 to 160 KB, shared by all connections. New memory costs more than what is copied into it, since the kernel clears each page
 * at its first use.
 */

/** Sizes of memory in KB, and how much is kept of each: as much as 50 clients use that have 256 KB of replies waiting. */
const SIZES = [
  { kilobytes: 20, most: 64 },
  { kilobytes: 40, most: 64 },
  { kilobytes: 80, most: 160 },
  { kilobytes: 160, most: 32 },
].map(({ kilobytes, most }) => ({ bytes: kilobytes * 1024, most, pool: [] as ArrayBuffer[] }));

const LEAST = 16 * 1024;

/** Returns a buffer of exactly this many bytes, with any content; {@link release} may give it back. */
export function acquire(bytes: number): Buffer {
  const size = bytes > LEAST ? SIZES.find((each) => bytes <= each.bytes) : undefined;
  if (size === undefined) return Buffer.allocUnsafeSlow(bytes);
  return Buffer.from(size.pool.pop() ?? Buffer.allocUnsafeSlow(size.bytes).buffer, 0, bytes);
}

/** Gives a buffer back that nothing refers to any more. Does nothing if it is of another size. */
export function release(buffer: Buffer): void {
  if (buffer.length <= LEAST) return;
  const memory = buffer.buffer as ArrayBuffer;
  for (const size of SIZES) if (memory.byteLength === size.bytes && size.pool.length < size.most) size.pool.push(memory);
}
