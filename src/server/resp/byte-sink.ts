import type { Bytes } from './reply.js';

export type RespVersion = 2 | 3;

/** Where encoded bytes go. `buffer` and `position` are the sink's own: reserve first, then write, then move `position`. */
export interface ByteSink {
  buffer: Buffer;
  position: number;
  /** Ensures that `bytes` more fit into `buffer` after `position`; may replace the buffer. */
  reserve(bytes: number): void;
  /** True if it can {@link refer} to bytes; others copy them. */
  readonly canRefer?: boolean;
  /** Appends bytes without copying them: they must not change as long as `readers` counts the sink. */
  refer?(bytes: Bytes): void;
}
