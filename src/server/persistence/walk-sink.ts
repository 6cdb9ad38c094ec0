/**
 * WalkSink: where a snapshot goes while it is written: a file (snapshot-file.ts) or replicas (replica-file.ts).
 */

/** Takes a snapshot as it comes into being. */
export interface WalkSink {
  /** True: no more for now, but for pre-images, which cannot wait. */
  readonly isFull: boolean;
  /** Whether it compresses strings itself; otherwise they come compressed. */
  readonly compresses: boolean;
  /** Takes a piece of the file, which is overwritten after the call. @param strings see `ChunkSink` in encoder.ts */
  write(bytes: Buffer, strings: readonly number[]): void;
  /** That was all. */
  end(): void;
}
