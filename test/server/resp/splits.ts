/**
 * Feeds a decoder its bytes in chunks, as a connection does: the rest is fed again with more bytes after it.
 */
import { BROKEN, COMPLETE, type DecodeStatus } from '../../../src/server/resp/request-decoder.js';

interface Decoder {
  readonly position: number;
  readonly error: string;
  feed(buffer: Buffer, start: number, end: number): void;
  next(): DecodeStatus;
}

export interface Decoded<Value> {
  readonly values: Value[];
  /** Null if the bytes ended without an error. */
  readonly error: string | null;
}

/** Decodes all of `bytes`, in chunks that end at `cuts` (ascending). The ranges are anywhere within a used buffer. */
export function decodeInPieces<Value>(decoder: Decoder, take: () => Value, bytes: Buffer, cuts: readonly number[]): Decoded<Value> {
  const values: Value[] = [];
  let start = 0;
  for (const end of [...cuts, bytes.length]) {
    const margin = (end * 7) % 13;
    const buffer = Buffer.alloc(end - start + margin + 5, '\r\n*$\0');
    bytes.copy(buffer, margin, start, end);
    decoder.feed(buffer, margin, margin + end - start);
    let status = decoder.next();
    for (; status === COMPLETE; status = decoder.next()) values.push(take());
    if (status === BROKEN) return { values, error: decoder.error };
    start += decoder.position - margin;
  }
  return { values, error: null };
}

/** Every cut in two, and byte by byte. */
export function allSplits(length: number): number[][] {
  const cuts = Array.from({ length: Math.max(0, length - 1) }, (_, i) => i + 1);
  return [...cuts.map((cut) => [cut]), cuts];
}
