/**
 * Compression of the strings in RDB files: which ones are compressed, and their form. The loop compresses the strings of DUMP itself; of a snapshot it only
 * notes their positions, and the thread that writes the file compresses them.
 *
 *   as it is     [ length | bytes ]
 *   compressed   [ c3 | compressed length | length | compressed bytes ]
 */
import type { Uint64 } from '../types/stream-id.js';
import { compress } from './lzf.js';

/** Strings up to this length are not compressed, and the result must be shorter by at least COMPRESSION_GAIN. */
const COMPRESSION_MIN = 20;
const COMPRESSION_GAIN = 4;

/** The byte before a compressed string. */
export const COMPRESSED = 0xc3;
export const MOST_LENGTH_BYTES = 9;

export const isCompressible = (length: number): boolean => length > COMPRESSION_MIN;

/** Null if the result would not be short enough. */
export const compressed = (bytes: Uint8Array): Buffer | null => compress(bytes, bytes.length - COMPRESSION_GAIN);

/** Writes a length, in 6, 14, 32 or 64 bits, and returns its end; a negative one as the unsigned integer with the same bits. */
export function writeLength(to: Buffer, at: number, value: Uint64): number {
  if (value >= 0 && value < 1 << 6) return to.writeUInt8(Number(value), at);
  if (value >= 0 && value < 1 << 14) return to.writeUInt16BE(0x4000 | Number(value), at);
  if (value >= 0 && value <= 0xffffffff) return to.writeUInt32BE(Number(value), to.writeUInt8(0x80, at));
  return to.writeBigUInt64BE(BigInt.asUintN(64, BigInt(value)), to.writeUInt8(0x81, at));
}

/** Returns a chunk of a file with its strings compressed where that makes them shorter. @param strings see `ChunkSink` in encoder.ts */
export function compressStrings(chunk: Uint8Array<ArrayBuffer>, strings: readonly number[]): Uint8Array<ArrayBuffer> {
  const from = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  // What stands before a compressed string may be longer than the string became shorter.
  const to = Buffer.allocUnsafeSlow(chunk.length + (strings.length / 3) * MOST_LENGTH_BYTES);
  let done = 0;
  let at = 0;
  for (let i = 0; i < strings.length; i += 3) {
    const start = strings[i]!;
    const textStart = start + strings[i + 1]!;
    const length = strings[i + 2]!;
    const short = compressed(from.subarray(textStart, textStart + length));
    if (short === null) continue;
    at += from.copy(to, at, done, start);
    at = to.writeUInt8(COMPRESSED, at);
    at = writeLength(to, at, short.length);
    at = writeLength(to, at, length);
    at += short.copy(to, at);
    done = textStart + length;
  }
  if (done === 0) return chunk;
  at += from.copy(to, at, done);
  return new Uint8Array(to.buffer, 0, at);
}
