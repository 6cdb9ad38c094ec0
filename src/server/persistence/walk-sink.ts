/**
 * WalkSink: where a snapshot goes while it is written: a file (snapshot-file.ts) or replicas (replica-file.ts).
 */

/** Receives a snapshot while it is being made. */
export interface WalkSink {
  /** True: no more for now, except pre-images, which cannot wait. */
  readonly isFull: boolean;
  /** True if it compresses strings itself; otherwise it gets them compressed. */
  readonly compresses: boolean;
  /** Called with a chunk of the file, which is overwritten after the call. @param strings see `ChunkSink` in encoder.ts */
  write(bytes: Buffer, strings: readonly number[]): void;
  /** Called at the end. */
  end(): void;
}
