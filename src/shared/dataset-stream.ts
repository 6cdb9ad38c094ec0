/**
 * A dataset on its way from who makes it to who sends it on: between persistence/ and replication/, which do not know each other.
 */

/** Takes a dataset in pieces, which belong to it from then on. */
export interface DatasetReceiver {
  /** It has enough for now. */
  readonly isFull: boolean;
  take(piece: Buffer): void;
  /** There is nothing more. */
  end(): void;
}

/** A dataset that is being made, in steps between which keys may change. */
export interface DatasetSource {
  /** There may be room again. */
  resume(): void;
  /** It is not wanted any more. */
  stop(): void;
}
