export type RespVersion = 2 | 3;

/** Where encoded bytes go. `buffer` and `position` are the sink's own: reserve first, then write, then move `position`. */
export interface ByteSink {
  buffer: Buffer;
  position: number;
  /** Ensures that `bytes` more fit into `buffer` after `position`; may replace the buffer. */
  reserve(bytes: number): void;
}
